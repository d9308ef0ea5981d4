package relay.common.ssh;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.Signature;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.crypto.KeyAgreement;
import org.apache.sshd.common.util.security.AbstractSecurityProviderRegistrar;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.apache.sshd.common.util.security.eddsa.bouncycastle.BouncyCastleEdDSASupport;
import org.apache.sshd.common.util.security.eddsa.generic.EdDSASupport;

/**
 * Ed25519 and X25519 from Bouncy Castle, for MINA, without the rest of Bouncy Castle.
 *
 * <p>MINA needs Bouncy Castle for Ed25519 on JDK 17, where the JDK's own is ten times slower (a
 * signature with its check: 1.5 ms against 0.14 ms; X25519: 0.31 ms against 0.16 ms). But making
 * the whole {@code BouncyCastleProvider} costs 130 ms of CPU more at start-up (330 against 200, of
 * which 100 go into checking the signatures of its jar), and then MINA would take RSA and ECDSA
 * from it too, which the JDK does natively. Here only the classes of the two curves are named;
 * ML-KEM is used by MINA without any provider.
 */
final class EdwardsCurves extends AbstractSecurityProviderRegistrar {

  private static final String NAME = "RelayCurves";
  private static final String PACKAGE = "org.bouncycastle.jcajce.provider.asymmetric.edec.";

  private static final Set<String> ED25519 = Set.of("Ed25519", "EdDSA");
  private static final Map<Class<?>, Set<String>> SIGNING =
      Map.of(
          KeyFactory.class, ED25519,
          KeyPairGenerator.class, ED25519,
          Signature.class, ED25519);
  private static final Map<Class<?>, Set<String>> AGREEING =
      Map.of(
          KeyFactory.class, Set.of("X25519"),
          KeyPairGenerator.class, Set.of("X25519"),
          KeyAgreement.class, Set.of("X25519"));

  private static final Curves CURVES = new Curves();

  /**
   * A JDK may admit only signed providers to {@link KeyAgreement}; there its own X25519 is used.
   */
  private static final boolean AGREES = agrees();

  static {
    SecurityUtils.setAPrioriDisabledProvider(SecurityUtils.BOUNCY_CASTLE, true);
    SecurityUtils.registerSecurityProvider(new EdwardsCurves());
  }

  private EdwardsCurves() {
    super(NAME);
  }

  /** Must come before MINA's first use of keys; every class here that touches them calls it. */
  static void register() {
    // The class initialiser does it, once.
  }

  static KeyPair newEd25519() {
    try {
      return KeyPairGenerator.getInstance("Ed25519", CURVES).generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Bouncy Castle without Ed25519", e);
    }
  }

  @Override
  public boolean isSecurityEntitySupported(Class<?> entityType, String name) {
    return SIGNING.getOrDefault(entityType, Set.of()).contains(name)
        || (AGREES && AGREEING.getOrDefault(entityType, Set.of()).contains(name));
  }

  @Override
  public Optional<EdDSASupport<?, ?>> getEdDSASupport() {
    return Optional.of(new BouncyCastleEdDSASupport());
  }

  @Override
  public Provider getSecurityProvider() {
    return CURVES;
  }

  @Override
  public boolean isNamedProviderUsed() {
    return false;
  }

  @Override
  public boolean isSupported() {
    return true;
  }

  private static boolean agrees() {
    try {
      KeyAgreement.getInstance("X25519", CURVES);
      return true;
    } catch (GeneralSecurityException | SecurityException e) {
      return false;
    }
  }

  private static final class Curves extends Provider {
    Curves() {
      super(NAME, "1", "Ed25519 and X25519 of Bouncy Castle");
      SIGNING.forEach(this::add);
      AGREEING.forEach(this::add);
      ED25519.forEach(name -> put("Signature." + name, Ed25519Signature.class.getName()));
    }

    private void add(Class<?> type, Set<String> names) {
      for (String name : names) {
        put(type.getSimpleName() + "." + name, PACKAGE + type.getSimpleName() + "Spi$" + name);
      }
    }
  }
}
