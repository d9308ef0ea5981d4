package relay.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import relay.common.endpoint.RefusalCode;
import relay.server.auth.AuthThrottle.Decision;

class AuthThrottleTest {

  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5); // it overflows in each test
  private final List<String> ended = new ArrayList<>();

  /** Where the dice fall, below 100. */
  private int dice;

  private AuthThrottle throttle = throttle("startups", "3:30:5", "logins-per-source", "2");

  private AuthThrottle throttle(String... limits) {
    Map<String, String> map = new HashMap<>();
    for (int i = 0; i < limits.length; i += 2) {
      map.put(limits[i], limits[i + 1]);
    }
    RandomGenerator random =
        new RandomGenerator() {
          @Override
          public long nextLong() {
            throw new AssertionError("not asked for");
          }

          @Override
          public int nextInt(int bound) {
            return dice;
          }
        };
    return Throttles.of(map, "10.0.0.0/8", clock::get, random);
  }

  private static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private Decision decide(String from) {
    return throttle.admit(address(from), why -> ended.add(from + " " + why.code()));
  }

  private Admission admitted(String from) {
    return ((Decision.Admitted) decide(from)).admission();
  }

  private RefusalCode refused(String from) {
    return ((Decision.Refused) decide(from)).why().code();
  }

  private void pass(long seconds) {
    clock.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.7,          192.0.2.7,          192.0.2.8",
    "2001:db8::1,        2001:db8::ffff:1,   2001:db8:0:1::1",
    "::ffff:192.0.2.7,   192.0.2.7,          ::ffff:192.0.2.8",
  })
  void source_withItsConnections_isFull_andOthersAreNot(String one, String same, String other) {
    admitted(one);
    Admission second = admitted(same);
    assertThat(refused(one)).isEqualTo(RefusalCode.LOGIN_SOURCE);
    assertThat(refused(same)).isEqualTo(RefusalCode.LOGIN_SOURCE);
    admitted(other);
    second.loggedIn();
    admitted(one);
    assertThat(throttle.waiting()).isEqualTo(3);
  }

  @Test
  void exempt_hasNoLimitOfItsOwn_butMakesRoomAsAll() {
    for (int i = 0; i < 5; i++) {
      admitted("10.0.0.1");
      clock.incrementAndGet();
    }
    assertThat(ended).isEmpty();
    admitted("10.0.0.1");
    assertThat(ended).containsExactly("10.0.0.1 LOGIN_DISPLACED");
    assertThat(throttle.waiting()).isEqualTo(5);
  }

  @Test
  void many_theOneSilentForLongest_goesByChance() {
    Admission first = admitted("192.0.2.1");
    admitted("192.0.2.2");
    pass(1);
    admitted("192.0.2.3");
    pass(1);
    first.step();
    dice = 30;
    admitted("192.0.2.4"); // 30 % with three that wait
    assertThat(ended).isEmpty();
    dice = 64;
    admitted("192.0.2.5"); // 65 % with four
    assertThat(ended).containsExactly("192.0.2.2 LOGIN_DISPLACED");
    assertThat(throttle.waiting()).isEqualTo(4);
  }

  @Test
  void many_whoseStepsAreRecent_allStay() {
    for (int i = 1; i < 6; i++) {
      admitted("192.0.2." + i);
    }
    pass(1);
    assertThat(ended).isEmpty();
    assertThat(throttle.waiting()).isEqualTo(5);
  }

  @Test
  void full_andNoneIsSilent_theOneWithTheFewestSteps_goes() {
    Admission first = admitted("192.0.2.1");
    first.step();
    Admission second = admitted("192.0.2.2");
    for (int i = 3; i < 6; i++) {
      admitted("192.0.2." + i).step();
    }
    first.step();
    dice = 99;
    admitted("192.0.2.6");
    assertThat(ended).containsExactly("192.0.2.2 LOGIN_DISPLACED");
    second.step(); // is gone
    admitted("192.0.2.7").step();
    admitted("192.0.2.8").step();
    assertThat(ended.subList(1, 3))
        .containsExactly("192.0.2.6 LOGIN_DISPLACED", "192.0.2.3 LOGIN_DISPLACED");
    assertThat(throttle.waiting()).isEqualTo(5);
  }

  @Test
  void full_theSilentOne_goes_howeverManyStepsItMade() {
    Admission first = admitted("192.0.2.1");
    first.step();
    first.step();
    pass(1);
    for (int i = 2; i < 6; i++) {
      admitted("192.0.2." + i);
    }
    pass(1);
    dice = 99;
    admitted("192.0.2.6");
    assertThat(ended).containsExactly("192.0.2.1 LOGIN_DISPLACED");
  }

  @Test
  void displaced_isPenalizedOnce_andNoLongerThere() {
    throttle = throttle("startups", "1:100:1", "penalty-no-try", "8s", "penalty-min", "15s");
    Admission first = admitted("192.0.2.1");
    admitted("192.0.2.2");
    assertThat(ended).containsExactly("192.0.2.1 LOGIN_DISPLACED");
    first.step();
    first.late();
    first.closed();
    assertThat(throttle.waiting()).isEqualTo(1);
    admitted("192.0.2.1").closed(); // 16 s together
    assertThat(refused("192.0.2.1")).isEqualTo(RefusalCode.LOGIN_PENALTY);
  }

  @Test
  void tries_areCounted() {
    throttle = throttle("login-tries", "3");
    Admission client = admitted("192.0.2.1");
    assertThat(client.failed()).isFalse();
    assertThat(client.failed()).isFalse();
    assertThat(client.failed()).isTrue();
  }

  @Test
  void penalties_addUp_areServed_andForgotten() {
    fail("192.0.2.1", 2);
    admitted("192.0.2.1").loggedIn(); // 10 s are below the least
    fail("192.0.2.1", 1);
    assertThat(refused("192.0.2.1")).isEqualTo(RefusalCode.LOGIN_PENALTY);
    assertThat(refused("192.0.2.1")).isEqualTo(RefusalCode.LOGIN_PENALTY);
    admitted("192.0.2.2").loggedIn();
    pass(14);
    assertThat(refused("192.0.2.1")).as("all of it is served").isEqualTo(RefusalCode.LOGIN_PENALTY);
    pass(1);
    fail("192.0.2.1", 2);
    admitted("192.0.2.1").loggedIn();
  }

  @Test
  void penalties_passWithTime_beforeTheyCount() {
    for (int i = 0; i < 100; i++) {
      fail("192.0.2.1", 1);
      pass(5);
    }
    admitted("192.0.2.1").loggedIn();
  }

  @Test
  void penalty_hasAnEnd() {
    throttle = throttle("penalty-max", "20s", "logins-per-source", "100");
    List<Admission> many = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      many.add(admitted("192.0.2.1"));
    }
    many.forEach(Admission::late);
    many.forEach(Admission::closed);
    assertThat(refused("192.0.2.1")).isEqualTo(RefusalCode.LOGIN_PENALTY);
    pass(20);
    admitted("192.0.2.1");
  }

  @Test
  void login_afterFailures_isNotPenalized_norIsTheExempt() {
    throttle = throttle("penalty-min", "0s");
    for (int i = 0; i < 5; i++) {
      Admission client = admitted("192.0.2.1");
      client.failed();
      client.loggedIn();
      client.closed();
      fail("10.0.0.1", 1);
    }
    assertThat(throttle.waiting()).isZero();
    fail("192.0.2.1", 1);
    assertThat(refused("192.0.2.1")).isEqualTo(RefusalCode.LOGIN_PENALTY);
  }

  @Test
  void table_isBounded_andAnAddressOfIpv6_isItsPrefix() {
    throttle = throttle("penalty-min", "0s", "penalty-sources", "100");
    for (int i = 0; i < 10_000; i++) {
      fail("2001:db8:" + Integer.toHexString(i) + "::1", 1);
    }
    int waiting = 0;
    for (int i = 0; i < 10_000; i++) {
      Decision decision = decide("2001:db8:" + Integer.toHexString(i) + "::2");
      if (decision instanceof Decision.Admitted in) {
        in.admission().loggedIn();
      } else {
        waiting++;
      }
    }
    assertThat(waiting).isBetween(1, 100);
  }

  private void fail(String from, int times) {
    for (int i = 0; i < times; i++) {
      Admission client = admitted(from);
      client.failed();
      client.closed();
    }
  }
}
