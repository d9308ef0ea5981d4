package relay.server.ssh;

import java.io.IOException;
import java.util.List;
import org.apache.sshd.common.Service;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.server.session.ServerSession;
import org.apache.sshd.server.session.ServerUserAuthService;
import org.apache.sshd.server.session.ServerUserAuthServiceFactory;
import relay.common.endpoint.Hostname;
import relay.server.auth.Identity;
import relay.server.auth.SshAuthentication;

/**
 * Authentication, with a banner once the key is proved: all that a user of {@code ssh -N} will
 * read. It tells the name that a plain forward gets, without a scheme, since scripts take the first
 * URL for the live tunnel's; and what the identity was refused of late.
 */
final class BannerService extends ServerUserAuthService {

  private final SshSide side;
  private final SshAuthentication authentication;

  private BannerService(Session session, SshSide side, SshAuthentication authentication)
      throws IOException {
    super(session);
    this.side = side;
    this.authentication = authentication;
  }

  @Override
  protected String resolveWelcomeBanner(ServerSession session) {
    Identity identity = authentication.verified(session).identity();
    StringBuilder banner = new StringBuilder();
    for (String refused : side.recent().take(identity)) {
      banner.append(refused).append("\r\n");
    }
    List<Hostname> names = side.claims().ownNames(identity);
    banner.append("relay: -R 80 is ").append(side.urls().authority(names.get(0)));
    if (names.size() > 1) {
      banner
          .append(", or ")
          .append(side.urls().authority(names.get(1)))
          .append(" while your other session lives");
    }
    return banner.append("\r\n").toString();
  }

  static final class Factory extends ServerUserAuthServiceFactory {

    private final SshSide side;
    private final SshAuthentication authentication;

    Factory(SshSide side, SshAuthentication authentication) {
      this.side = side;
      this.authentication = authentication;
    }

    @Override
    public Service create(Session session) throws IOException {
      return new BannerService(session, side, authentication);
    }
  }
}
