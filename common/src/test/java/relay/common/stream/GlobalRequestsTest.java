package relay.common.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.util.concurrent.Future;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GlobalRequestsTest {

  private static final int MAX_PENDING = 64;

  @Test
  void answers_givenInAnotherOrder_areSentInTheOrderOfTheRequests() throws Exception {
    try (TwoSides sides = TwoSides.connections()) {
      List<Future<GlobalRequests.Reply>> replies = ask(sides, 3);
      List<GlobalRequest> requests = take(sides, 3);
      sides.onRight(() -> {
        requests.get(2).succeed(4000);
        requests.get(1).fail();
        return null;
      });
      assertThat(replies).noneMatch(Future::isDone);
      sides.onRight(() -> {
        requests.get(0).succeed();
        return null;
      });
      assertThat(TwoSides.get(replies.get(0))).isEqualTo(new GlobalRequests.Reply(true, 0));
      assertThat(TwoSides.get(replies.get(1))).isEqualTo(new GlobalRequests.Reply(false, 0));
      assertThat(TwoSides.get(replies.get(2))).isEqualTo(new GlobalRequests.Reply(true, 4000));
    }
  }

  @Test
  void answer_twice_isAnError() throws Exception {
    try (TwoSides sides = TwoSides.connections()) {
      ask(sides, 1);
      GlobalRequest request = take(sides, 1).get(0);
      sides.onRight(() -> {
        request.fail();
        assertThatThrownBy(request::succeed)
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("request 0 was answered twice");
        return null;
      });
    }
  }

  @Test
  void requests_beyondSixtyFourPending_waitUntilOneIsAnswered() throws Exception {
    try (TwoSides sides = TwoSides.connections()) {
      List<Future<GlobalRequests.Reply>> replies = ask(sides, MAX_PENDING);
      List<GlobalRequest> pending = take(sides, MAX_PENDING);
      replies.addAll(ask(sides, 10));
      assertThat(sides.rightRole.requests.poll(200, TimeUnit.MILLISECONDS))
          .as("a request beyond those that wait")
          .isNull();
      sides.onRight(() -> {
        pending.get(0).fail();
        return null;
      });
      pending.addAll(take(sides, 10));
      sides.onRight(() -> {
        pending.subList(1, pending.size()).forEach(GlobalRequest::fail);
        return null;
      });
      for (Future<GlobalRequests.Reply> reply : replies) {
        assertThat(TwoSides.get(reply).success()).isFalse();
      }
    }
  }

  @Test
  void request_thatWantsNoReply_isNotAnswered() throws Exception {
    try (TwoSides sides = TwoSides.connections()) {
      sides.left().globals().tell("hello", packet -> packet.putString("there"));
      List<Future<GlobalRequests.Reply>> replies = ask(sides, 1);
      List<GlobalRequest> requests = take(sides, 2);
      assertThat(requests.get(0).name()).isEqualTo("hello");
      assertThat(requests.get(0).wantReply()).isFalse();
      sides.onRight(() -> {
        requests.get(0).succeed();
        requests.get(1).fail();
        return null;
      });
      assertThat(TwoSides.get(replies.get(0)).success()).isFalse();
    }
  }

  @Test
  void request_withoutAnAnswerWhenTheSessionEnds_fails() throws Exception {
    try (TwoSides sides = TwoSides.connections()) {
      Future<GlobalRequests.Reply> reply = ask(sides, 1).get(0);
      take(sides, 1);
      sides.cutSocket();
      assertThatThrownBy(() -> TwoSides.get(reply))
          .hasCauseInstanceOf(ClosedChannelException.class);
      sides.leftRole.closed.get(10, TimeUnit.SECONDS);
      assertThatThrownBy(() -> TwoSides.get(ask(sides, 1).get(0)))
          .hasCauseInstanceOf(ClosedChannelException.class);
    }
  }

  private static List<Future<GlobalRequests.Reply>> ask(TwoSides sides, int count)
      throws Exception {
    return sides.onLeft(() -> {
      List<Future<GlobalRequests.Reply>> replies = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        replies.add(sides.left().globals().request("request " + i, packet -> {}));
      }
      return replies;
    });
  }

  private static List<GlobalRequest> take(TwoSides sides, int count) throws Exception {
    List<GlobalRequest> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      GlobalRequest request = sides.rightRole.requests.poll(10, TimeUnit.SECONDS);
      assertThat(request).as("request %d", i).isNotNull();
      requests.add(request);
    }
    return requests;
  }
}
