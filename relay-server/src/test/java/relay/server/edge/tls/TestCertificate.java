package relay.server.edge.tls;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import org.bouncycastle.asn1.DERGeneralizedTime;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.jcajce.JcaMiscPEMGenerator;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemObjectGenerator;
import org.bouncycastle.util.io.pem.PemWriter;

/** A certificate of its own issuer, and its key, in PEM. */
record TestCertificate(String certificate, String key, String olderKey) {

  /**
   * @param algorithm RSA, EC, DSA or Ed25519
   */
  static TestCertificate of(String algorithm, String... names) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      if (!algorithm.equals("Ed25519")) {
        generator.initialize(algorithm.equals("EC") ? 256 : 2048);
      }
      KeyPair pair = generator.generateKeyPair();
      X500Name issuer = new X500Name("CN=test");
      Instant now = Instant.now();
      var builder =
          new X509v3CertificateBuilder(
              issuer,
              BigInteger.valueOf(System.nanoTime()),
              time(now.minus(Duration.ofDays(1))),
              time(now.plus(Duration.ofDays(1))),
              issuer,
              SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded()));
      if (names.length > 0) {
        GeneralName[] all =
            Arrays.stream(names)
                .map(name -> new GeneralName(GeneralName.dNSName, name))
                .toArray(GeneralName[]::new);
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(all));
      }
      String signature =
          switch (algorithm) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            case "DSA" -> "SHA256withDSA";
            default -> algorithm;
          };
      var signer = new JcaContentSignerBuilder(signature).build(pair.getPrivate());
      var certificate = new JcaX509CertificateConverter().getCertificate(builder.build(signer));
      return new TestCertificate(
          pem(new JcaMiscPEMGenerator(certificate)),
          pem(new JcaPKCS8Generator(pair.getPrivate(), null)),
          pem(
              pair.getPrivate() instanceof ECPrivateKey ec
                  ? sec1(ec)
                  : new JcaMiscPEMGenerator(pair.getPrivate())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Time time(Instant when) {
    DateTimeFormatter pattern = DateTimeFormatter.ofPattern("uuuuMMddHHmmssX");
    return new Time(new DERGeneralizedTime(pattern.format(when.atOffset(ZoneOffset.UTC))));
  }

  /** RFC 5915, with the curve, as OpenSSL writes it. */
  private static PemObject sec1(ECPrivateKey key) throws IOException {
    var structure =
        new org.bouncycastle.asn1.sec.ECPrivateKey(256, key.getS(), SECObjectIdentifiers.secp256r1);
    return new PemObject("EC PRIVATE KEY", structure.getEncoded());
  }

  private static String pem(PemObjectGenerator object) throws IOException {
    StringWriter text = new StringWriter();
    try (PemWriter pem = new PemWriter(text)) {
      pem.writeObject(object);
    }
    return text.toString();
  }

  /** Writes {@code name.pem} and {@code name.key}, and gives their path without the ending. */
  Path write(Path directory, String name) {
    try {
      put(directory.resolve(name + ".pem"), certificate);
      put(directory.resolve(name + ".key"), key);
      return directory.resolve(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** In one step, as those do who renew certificates. */
  private static void put(Path file, String text) throws IOException {
    Path fresh = Files.writeString(Path.of(file + ".new"), text);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
