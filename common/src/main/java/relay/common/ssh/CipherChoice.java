package relay.common.ssh;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.sshd.common.kex.KexProposalOption;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.jspecify.annotations.Nullable;

/**
 * Steers clients to AES-GCM on the server's side. The client's order decides (RFC 4253 §7.1), and
 * OpenSSH has chacha20 first, which runs at half the speed here, then AES-CTR, then AES-GCM: so
 * only GCM is left in our own proposal where the client is sure to have it.
 *
 * <p>Sure is who offers it: but that is known only where our proposal goes out after the client's.
 * Where it goes out first, OpenSSH from 6.2 on is taken to have it; which fails those who allow
 * another cipher alone ({@code ssh -c aes128-ctr}). Hence {@link #isGcmClient}, for a session to
 * let such clients go first: OpenSSH sends its proposal without waiting for ours. It costs a round
 * trip at login.
 */
public final class CipherChoice implements SessionListener {

  private static final List<KexProposalOption> DIRECTIONS =
      List.of(KexProposalOption.C2SENC, KexProposalOption.S2CENC);
  private static final String GCM = "-gcm@openssh.com";
  private static final Pattern OPENSSH =
      Pattern.compile("SSH-2\\.0-OpenSSH_(?:for_Windows_)?(\\d{1,4})\\.(\\d{1,4}).*");

  CipherChoice() {}

  /** Whether a client of that version has AES-GCM by default, and sends its proposal unasked. */
  public static boolean isGcmClient(@Nullable String version) {
    if (version == null) {
      return false;
    }
    Matcher openssh = OPENSSH.matcher(version);
    if (!openssh.matches()) {
      return false;
    }
    int major = Integer.parseInt(openssh.group(1));
    return major > 6 || (major == 6 && Integer.parseInt(openssh.group(2)) >= 2);
  }

  @Override
  public void sessionNegotiationOptionsCreated(
      Session session, Map<KexProposalOption, String> proposal) {
    Map<KexProposalOption, String> theirs = session.getClientKexProposals();
    for (KexProposalOption direction : DIRECTIONS) {
      String offered = theirs.get(direction);
      if (offered == null ? isGcmClient(session.getClientVersion()) : offered.contains(GCM)) {
        proposal.computeIfPresent(direction, (key, ciphers) -> onlyGcm(ciphers));
      }
    }
  }

  private static String onlyGcm(String ciphers) {
    return Arrays.stream(ciphers.split(",", -1))
        .filter(cipher -> cipher.endsWith(GCM))
        .collect(Collectors.joining(","));
  }
}
