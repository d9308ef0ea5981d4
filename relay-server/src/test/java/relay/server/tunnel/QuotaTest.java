package relay.server.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import relay.server.auth.Identity;

class QuotaTest {

  private static Identity anonymous(String name, String source) {
    return new Identity("anonymous:" + name, "anonymous", "anonymous@" + source);
  }

  @Test
  void whoIsNewEachTime_countsWithHisSource() {
    Quota quota = new Quota(2);
    assertThat(quota.acquire(anonymous("a", "192.0.2.1"))).isTrue();
    assertThat(quota.acquire(anonymous("b", "192.0.2.1"))).isTrue();
    assertThat(quota.acquire(anonymous("c", "192.0.2.1"))).isFalse();
    assertThat(quota.acquire(anonymous("d", "192.0.2.2"))).isTrue();
    assertThat(quota.acquire(new Identity("SHA256:ann", "ann"))).isTrue();
    quota.release(anonymous("a", "192.0.2.1"));
    assertThat(quota.acquire(anonymous("c", "192.0.2.1"))).isTrue();
  }
}
