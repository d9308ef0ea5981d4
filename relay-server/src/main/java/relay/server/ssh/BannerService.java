package relay.server.ssh;

import java.io.IOException;
import java.util.List;
import org.apache.sshd.common.ServiceFactory;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.server.session.ServerSession;
import relay.common.endpoint.Hostname;
import relay.server.auth.Identity;
import relay.server.auth.LetIn;
import relay.server.auth.Login;
import relay.server.auth.SshAuthentication;
import relay.server.auth.UserAuthService;

/**
 * Authentication, with a banner once the key is proved: all that a user of {@code ssh -N} will
 * read. It tells the name that a plain forward gets, if the key permits one, without a scheme,
 * since scripts take the first URL for the live tunnel's; and what the identity was refused of
 * late.
 */
final class BannerService extends UserAuthService {

  private final SshSide side;

  private BannerService(Session session, LetIn letIn, SshSide side) throws IOException {
    super(session, letIn);
    this.side = side;
  }

  @Override
  protected String resolveWelcomeBanner(ServerSession session) {
    Login who = SshAuthentication.verified(session);
    Identity identity = who.identity();
    StringBuilder banner = new StringBuilder();
    for (String refused : side.recent().take(identity)) {
      banner.append(refused).append("\r\n");
    }
    List<Hostname> names =
        side.claims()
            .ownNames(identity, ListenGrants.ownNames(who.grants(), side.table().domain()));
    if (names.isEmpty()) {
      return banner.toString();
    }
    banner.append("relay: -R 80 is ").append(side.urls().authority(names.get(0)));
    if (names.size() > 1) {
      banner
          .append(", or ")
          .append(side.urls().authority(names.get(1)))
          .append(" while your other session lives");
    }
    return banner.append("\r\n").toString();
  }

  static ServiceFactory factory(LetIn letIn, SshSide side) {
    return UserAuthService.factory(session -> new BannerService(session, letIn, side));
  }
}
