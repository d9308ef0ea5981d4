package relay.common.ssh;

import java.security.KeyPair;
import java.util.List;
import java.util.stream.Stream;
import org.apache.sshd.client.ClientBuilder;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.cipher.BuiltinCiphers;
import org.apache.sshd.common.cipher.Cipher;
import org.apache.sshd.common.compression.BuiltinCompressions;
import org.apache.sshd.common.compression.Compression;
import org.apache.sshd.common.helpers.AbstractFactoryManager;
import org.apache.sshd.common.kex.BuiltinDHFactories;
import org.apache.sshd.common.kex.KeyExchangeFactory;
import org.apache.sshd.common.kex.extension.DefaultClientKexExtensionHandler;
import org.apache.sshd.common.kex.extension.DefaultServerKexExtensionHandler;
import org.apache.sshd.common.mac.BuiltinMacs;
import org.apache.sshd.common.mac.Mac;
import org.apache.sshd.common.signature.BuiltinSignatures;
import org.apache.sshd.common.signature.Signature;
import org.apache.sshd.server.ServerBuilder;
import org.apache.sshd.server.ServerFactoryManager;

/**
 * What both sides offer: only what ssh-audit does not fail, the fastest first. It may warn that
 * curve25519 is not safe from quantum computers, but OpenSSH 9.2 has nothing else of ours. No
 * finite-field key exchange (DHEat), no NIST curve in the key exchange, no {@code zlib} before
 * authentication, no MAC over the plain text. Dropbear and PuTTY find curve25519 and AES-CTR or
 * chacha20 here.
 */
public final class Algorithms {

  static { // before the first of MINA's constants below asks for Bouncy Castle
    EdwardsCurves.register();
  }

  /** {@code sntrup761} is not among them: it holds an event loop for 11 ms a handshake. */
  private static final List<BuiltinDHFactories> KEY_EXCHANGES =
      List.of(
          BuiltinDHFactories.mlkem768x25519,
          BuiltinDHFactories.curve25519,
          BuiltinDHFactories.curve25519_libssh);

  private static final List<NamedFactory<Cipher>> CIPHERS =
      List.of(
          AesGcm.AES_128,
          AesGcm.AES_256,
          BuiltinCiphers.cc20p1305_openssh,
          BuiltinCiphers.aes128ctr,
          BuiltinCiphers.aes192ctr,
          BuiltinCiphers.aes256ctr);

  private static final List<NamedFactory<Mac>> MACS =
      List.of(BuiltinMacs.hmacsha256etm, BuiltinMacs.hmacsha512etm);

  /** {@code zlib@openssh.com} starts only after authentication; {@code zlib} would start before. */
  private static final List<NamedFactory<Compression>> COMPRESSIONS =
      List.of(BuiltinCompressions.none, BuiltinCompressions.delayedZlib);

  /** For host keys and users' keys. RSA signs with SHA-2 only. */
  private static final List<NamedFactory<Signature>> SIGNATURES =
      List.of(
          BuiltinSignatures.ed25519,
          BuiltinSignatures.sk_ssh_ed25519,
          BuiltinSignatures.nistp256,
          BuiltinSignatures.nistp384,
          BuiltinSignatures.nistp521,
          BuiltinSignatures.sk_ecdsa_sha2_nistp256,
          BuiltinSignatures.rsaSHA512,
          BuiltinSignatures.rsaSHA256);

  /**
   * By which users' certificates sign. Not offered for host keys, nor told in {@code
   * server-sig-algs}, which has the names of plain keys only (sshd's too).
   */
  private static final List<NamedFactory<Signature>> CERTIFICATE_SIGNATURES =
      List.of(
          BuiltinSignatures.ed25519_cert,
          BuiltinSignatures.nistp256_cert,
          BuiltinSignatures.nistp384_cert,
          BuiltinSignatures.nistp521_cert,
          BuiltinSignatures.rsaSHA512_cert,
          BuiltinSignatures.rsaSHA256_cert);

  private Algorithms() {}

  /** By which users may prove who they are: with a key, or with a certificate. */
  public static List<NamedFactory<Signature>> userSignatures() {
    return Stream.concat(SIGNATURES.stream(), CERTIFICATE_SIGNATURES.stream()).toList();
  }

  /**
   * Sets everything cryptographic on a bare {@code new SshServer()} or {@code new SshClient()}:
   * algorithms, random numbers, RFC 8308 extensions. (MINA's own {@code setUpDefault…} would first
   * probe primes of up to 8192 bits.)
   */
  public static void apply(AbstractFactoryManager target) {
    boolean server = target instanceof ServerFactoryManager;
    target.setKeyExchangeFactories(keyExchanges(server));
    target.setCipherFactories(CIPHERS);
    target.setMacFactories(MACS);
    target.setCompressionFactories(COMPRESSIONS);
    target.setSignatureFactories(SIGNATURES);
    target.setRandomFactory(() -> PacketRandom.SHARED);
    target.setKexExtensionHandler(
        server
            ? DefaultServerKexExtensionHandler.INSTANCE
            : DefaultClientKexExtensionHandler.INSTANCE);
    if (server) {
      target.addSessionListener(new CipherChoice());
    }
  }

  /**
   * Does what a first login does once in the life of a JVM, as if for a session: loads classes and
   * makes their tables. A tenth of a second of CPU; any thread, the sooner the better.
   */
  public static void preload() {
    try {
      BuiltinDHFactories.mlkem768x25519.create().getE();
      Cipher cipher = AesGcm.AES_128.create();
      cipher.init(Cipher.Mode.Encrypt, new byte[cipher.getKdfSize()], new byte[cipher.getIVSize()]);
      cipher.updateWithAAD(new byte[64], 0, 4, 32);
      KeyPair pair = EdwardsCurves.newEd25519();
      Signature signature = BuiltinSignatures.ed25519.create();
      signature.initSigner(null, pair.getPrivate());
      signature.update(null, new byte[1]);
      byte[] signed = signature.sign(null);
      signature.initVerifier(null, pair.getPublic());
      signature.update(null, new byte[1]);
      signature.verify(null, signed);
    } catch (Exception e) {
      throw new IllegalStateException("an algorithm that every session needs", e);
    }
  }

  private static List<KeyExchangeFactory> keyExchanges(boolean server) {
    var toFactory = server ? ServerBuilder.DH2KEX : ClientBuilder.DH2KEX;
    return KEY_EXCHANGES.stream().map(toFactory).toList();
  }
}
