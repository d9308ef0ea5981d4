package relay.common.http;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Authority;
import relay.common.endpoint.PathPrefix;

/**
 * The head of a request that passed the {@link FramingGuard}. Whoever decides about a request
 * decides on this object, and nobody parses its text again.
 */
public final class RequestHead extends DefaultHttpRequest {

  /** For {@link #length}: the body comes in chunks. */
  public static final long CHUNKED = -1;

  private @Nullable Authority authority;
  private String originForm = "";
  private String forwarded = "";
  private long length;

  RequestHead(HttpVersion version, HttpMethod method, String target, HttpHeadersFactory headers) {
    super(version, method, target, headers);
  }

  void pass(Authority authority, String originForm, long length) {
    this.authority = authority;
    this.originForm = originForm;
    this.forwarded = originForm;
    this.length = length;
  }

  /** Whom the request is for; the same in the Host header and in an absolute-form target. */
  public Authority authority() {
    if (authority == null) {
      throw new IllegalStateException("a request head that no framing guard has passed");
    }
    return authority;
  }

  /**
   * The target in origin form or {@code *}: the visitor's own octets (as ISO 8859-1), without the
   * scheme and authority of an absolute form.
   */
  public String originForm() {
    return originForm;
  }

  /** Takes the path of a tunnel off the target that is forwarded; it routes as before. */
  public void strip(PathPrefix prefix) {
    forwarded = prefix.strip(originForm);
  }

  /** The target that the service is asked for. */
  String forwarded() {
    return forwarded;
  }

  /** Octets of the body, or {@link #CHUNKED}; 0 where the request has none. */
  public long length() {
    return length;
  }

  /** Whether the version is HTTP/1.0. */
  public boolean isHttp10() {
    return protocolVersion().minorVersion() == 0;
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
