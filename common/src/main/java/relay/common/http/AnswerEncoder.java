package relay.common.http;

import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;

/** Encodes answers with exactly the framing headers that they were given. */
public final class AnswerEncoder extends HttpResponseEncoder {

  private boolean toHead;

  /** The next answer is one to HEAD: it has no body, whatever its headers say. */
  public void expect(boolean toHead) {
    this.toHead = toHead;
  }

  @Override
  protected void sanitizeHeadersBeforeEncode(HttpResponse answer, boolean isAlwaysEmpty) {}

  @Override
  protected boolean isContentAlwaysEmpty(HttpResponse answer) {
    int status = answer.status().code();
    return status < 200 || status == 204 || status == 304 || toHead;
  }
}
