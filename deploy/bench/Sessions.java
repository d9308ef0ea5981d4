import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.XECPublicKey;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPublicKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Many SSH sessions in one process, to load a server: {@code java Sessions.java KEY}, an OpenSSH
 * Ed25519 key without a passphrase. Commands come on standard input, a line each, and each is
 * answered with a line of JSON:
 *
 * <pre>
 * login HOST PORT USER PARALLEL SECONDS   log in and close, again and again
 * open HOST PORT USER COUNT               log in, ask for -R 0, and stay
 * close                                   end those that stay
 * </pre>
 *
 * <p>It does less than a client should, so that the server is measured and not the load: the server's
 * signature is not verified, and one key pair serves every key exchange. What it does not do costs
 * the server nothing less.
 */
public final class Sessions {

  private static final int PARALLEL_OPENS = 16;

  private final Key key;
  private final KeyPair exchange;
  private final byte[] exchangeKey;
  private final Selector selector = Selector.open();
  private final List<Session> open = new ArrayList<>();

  private Sessions(Key key) throws Exception {
    this.key = key;
    exchange = KeyPairGenerator.getInstance("X25519").generateKeyPair();
    exchangeKey = reversed(((XECPublicKey) exchange.getPublic()).getU());
  }

  public static void main(String[] arguments) throws Exception {
    Sessions sessions = new Sessions(Key.read(Path.of(arguments[0])));
    Thread answers = new Thread(sessions::answer, "answers");
    answers.setDaemon(true);
    answers.start();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, US_ASCII));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      String answer;
      try {
        answer =
            switch (words[0]) {
              case "login" -> sessions.login(words);
              case "open" -> sessions.open(words);
              case "close" -> sessions.close();
              default -> throw new IllegalArgumentException("no command: " + line);
            };
      } catch (Exception e) {
        answer = "{\"error\": \"" + e.toString().replaceAll("[\"\\\\\\p{Cntrl}]", " ") + "\"}";
      }
      System.out.println(answer);
    }
  }

  private static InetSocketAddress address(String[] words) {
    return new InetSocketAddress(words[1], Integer.parseInt(words[2]));
  }

  private String login(String[] words) throws Exception {
    int parallel = Integer.parseInt(words[4]);
    double seconds = Double.parseDouble(words[5]);
    long begin = System.nanoTime();
    long cpu = cpuNanos();
    AtomicInteger logins = new AtomicInteger();
    all(
        parallel,
        () -> {
          while (System.nanoTime() - begin < seconds * 1e9) {
            new Session(address(words), words[3]).channel.close();
            logins.incrementAndGet();
          }
          return null;
        });
    return String.format(
        "{\"logins\": %d, \"seconds\": %.4f, \"cpu\": %.4f}",
        logins.get(), (System.nanoTime() - begin) / 1e9, (cpuNanos() - cpu) / 1e9);
  }

  private String open(String[] words) throws Exception {
    AtomicInteger left = new AtomicInteger(Integer.parseInt(words[4]));
    long begin = System.nanoTime();
    all(
        PARALLEL_OPENS,
        () -> {
          while (left.getAndDecrement() > 0) {
            Session session = new Session(address(words), words[3]);
            session.forward();
            session.channel.configureBlocking(false);
            synchronized (open) {
              open.add(session);
              selector.wakeup();
              session.channel.register(selector, SelectionKey.OP_READ, session);
            }
          }
          return null;
        });
    return String.format(
        "{\"open\": %d, \"seconds\": %.4f}", open.size(), (System.nanoTime() - begin) / 1e9);
  }

  private String close() throws IOException {
    synchronized (open) {
      int lost = 0;
      for (Session session : open) {
        lost += session.channel.isOpen() ? 0 : 1;
        session.channel.close();
      }
      open.clear();
      return "{\"lost\": " + lost + "}";
    }
  }

  private static void all(int threads, Callable<Void> work) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Void>> results = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        results.add(pool.submit(work));
      }
      for (Future<Void> result : results) {
        result.get();
      }
    } finally {
      pool.shutdown();
    }
  }

  /** Answers what servers ask of idle clients: whether they are alive. */
  private void answer() {
    while (true) {
      try {
        selector.select();
        for (SelectionKey ready : selector.selectedKeys()) {
          Session session = (Session) ready.attachment();
          try {
            session.answer();
          } catch (IOException | GeneralSecurityException | RuntimeException e) {
            session.channel.close();
          }
        }
        selector.selectedKeys().clear();
        synchronized (open) {
          // Whoever registers a channel holds this and has woken us up: now it is their turn.
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static long cpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** RFC 7748 counts from the least octet. */
  private static byte[] reversed(BigInteger number) {
    byte[] result = new byte[32];
    for (int i = 0; i < 32; i++) {
      result[i] = number.shiftRight(8 * i).byteValue();
    }
    return result;
  }

  /** One session: RFC 4253 with curve25519-sha256 and aes128-gcm, then RFC 4252 with a key. */
  private final class Session {

    /** As OpenSSH's, since servers take special care of it. */
    private static final String VERSION = "SSH-2.0-OpenSSH_9.2";

    private final SocketChannel channel;
    private final Direction out = new Direction(Cipher.ENCRYPT_MODE);
    private final Direction in = new Direction(Cipher.DECRYPT_MODE);
    private ByteBuffer received = ByteBuffer.allocate(2048);

    Session(InetSocketAddress address, String user) throws IOException, GeneralSecurityException {
      channel = SocketChannel.open(address);
      try {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        byte[] id = exchangeKeys();
        logIn(user, id);
      } catch (IOException | GeneralSecurityException | RuntimeException e) {
        channel.close();
        throw e;
      }
    }

    private byte[] exchangeKeys() throws IOException, GeneralSecurityException {
      byte[] proposal =
          new Message(20)
              .raw(new byte[16])
              .text("curve25519-sha256")
              .text("ssh-ed25519")
              .text("aes128-gcm@openssh.com")
              .text("aes128-gcm@openssh.com")
              .text("hmac-sha2-256")
              .text("hmac-sha2-256")
              .text("none")
              .text("none")
              .text("")
              .text("")
              .raw(new byte[5])
              .toByteArray();
      channel.write(ByteBuffer.wrap((VERSION + "\r\n").getBytes(US_ASCII)));
      send(proposal);
      String version = line();
      while (!version.startsWith("SSH-")) {
        version = line();
      }
      byte[] theirs = receive(20);
      send(new Message(30).bytes(exchangeKey).toByteArray());
      ByteBuffer reply = body(receive(31));
      byte[] hostKey = bytes(reply);
      byte[] point = bytes(reply);
      byte[] secret = agree(point);
      byte[] hash =
          sha256(
              new Message()
                  .text(VERSION)
                  .text(version)
                  .bytes(proposal)
                  .bytes(theirs)
                  .bytes(hostKey)
                  .bytes(exchangeKey)
                  .bytes(point)
                  .raw(secret)
                  .toByteArray());
      send(new byte[] {21});
      out.use(derive(secret, hash, 'C', 16), derive(secret, hash, 'A', 12));
      receive(21);
      in.use(derive(secret, hash, 'D', 16), derive(secret, hash, 'B', 12));
      return hash;
    }

    /** The shared secret, as an mpint. */
    private byte[] agree(byte[] point) throws GeneralSecurityException {
      byte[] big = new byte[32];
      for (int i = 0; i < 32; i++) {
        big[i] = point[31 - i];
      }
      KeyAgreement agreement = KeyAgreement.getInstance("X25519");
      agreement.init(exchange.getPrivate());
      agreement.doPhase(
          KeyFactory.getInstance("X25519")
              .generatePublic(
                  new XECPublicKeySpec(NamedParameterSpec.X25519, new BigInteger(1, big))),
          true);
      return new Message()
          .bytes(new BigInteger(1, agreement.generateSecret()).toByteArray())
          .toByteArray();
    }

    private byte[] derive(byte[] secret, byte[] hash, char what, int length)
        throws GeneralSecurityException {
      byte[] input = new Message().raw(secret).raw(hash).raw(new byte[] {(byte) what}).raw(hash).toByteArray();
      return Arrays.copyOf(sha256(input), length);
    }

    private void logIn(String user, byte[] id) throws IOException, GeneralSecurityException {
      send(new Message(5).text("ssh-userauth").toByteArray());
      receive(6);
      Message request =
          new Message(50)
              .text(user)
              .text("ssh-connection")
              .text("publickey")
              .raw(new byte[] {1})
              .text("ssh-ed25519")
              .bytes(new Message().text("ssh-ed25519").bytes(key.open()).toByteArray());
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(key.secret());
      signature.update(new Message().bytes(id).raw(request.toByteArray()).toByteArray());
      send(
          request
              .bytes(new Message().text("ssh-ed25519").bytes(signature.sign()).toByteArray())
              .toByteArray());
      receive(52);
    }

    /** Asks for {@code -R 0}. */
    void forward() throws IOException, GeneralSecurityException {
      send(
          new Message(80)
              .text("tcpip-forward")
              .raw(new byte[] {1})
              .text("")
              .raw(new byte[4])
              .toByteArray());
      receive(81);
    }

    /** The next message of a kind; others that a server may send by itself are passed over. */
    private byte[] receive(int kind) throws IOException, GeneralSecurityException {
      while (true) {
        byte[] message = next();
        if (message == null) {
          fill();
        } else if (message[0] == kind) {
          return message;
        } else if (message[0] == 80) {
          answer(body(message));
        } else if (message[0] != 2 && message[0] != 4 && message[0] != 7 && message[0] != 53) {
          throw new IOException("message " + message[0] + " instead of " + kind);
        }
      }
    }

    /** Reads what has come, and answers the global requests in it. */
    void answer() throws IOException, GeneralSecurityException {
      fill();
      for (byte[] message = next(); message != null; message = next()) {
        if (message[0] == 80) {
          answer(body(message));
        }
      }
    }

    private void answer(ByteBuffer request) throws IOException, GeneralSecurityException {
      bytes(request);
      if (request.get() != 0) {
        send(new byte[] {82});
      }
    }

    private void fill() throws IOException {
      if (received.position() == received.limit()) {
        received = ByteBuffer.allocate(2 * received.capacity()).put(received.flip());
      }
      if (channel.read(received) < 0) {
        throw new IOException("the server closed the connection");
      }
    }

    private String line() throws IOException {
      while (true) {
        for (int i = 0; i < received.position(); i++) {
          if (received.get(i) == '\n') {
            String line = new String(received.array(), 0, i, US_ASCII).stripTrailing();
            received.flip().position(i + 1);
            received.compact();
            return line;
          }
        }
        fill();
      }
    }

    /** The payload of the packet that has been received, or null where it is not whole yet. */
    private byte[] next() throws GeneralSecurityException {
      if (received.position() < 4) {
        return null;
      }
      int all = 4 + received.getInt(0) + in.tag();
      if (received.position() < all) {
        return null;
      }
      byte[] plain = in.unseal(Arrays.copyOf(received.array(), all));
      received.flip().position(all);
      received.compact();
      return Arrays.copyOfRange(plain, 1, plain.length - plain[0]);
    }

    private void send(byte[] payload) throws IOException, GeneralSecurityException {
      // The length field counts for the padding only where it is encrypted too, which it is not in GCM.
      int counted = payload.length + 1 + (out.tag() == 0 ? 4 : 0);
      int block = out.tag() == 0 ? 8 : 16;
      int padding = block - counted % block;
      padding += padding < 4 ? block : 0;
      int length = 1 + payload.length + padding;
      ByteBuffer packet = ByteBuffer.allocate(4 + length);
      packet.putInt(length).put((byte) padding).put(payload);
      ByteBuffer bytes = ByteBuffer.wrap(out.seal(packet.array()));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }

  /** Packets of one direction: as they are, then aes128-gcm (RFC 5647). */
  private static final class Direction {

    private final int mode;
    private SecretKeySpec key;
    private byte[] nonce;

    Direction(int mode) {
      this.mode = mode;
    }

    void use(byte[] secret, byte[] first) {
      key = new SecretKeySpec(secret, "AES");
      nonce = first;
    }

    /** How long the tag after a packet is. */
    int tag() {
      return key == null ? 0 : 16;
    }

    byte[] seal(byte[] packet) throws GeneralSecurityException {
      if (key == null) {
        return packet;
      }
      byte[] result = Arrays.copyOf(packet, packet.length + tag());
      cipher(packet).doFinal(packet, 4, packet.length - 4, result, 4);
      return result;
    }

    /** What follows the length field. */
    byte[] unseal(byte[] packet) throws GeneralSecurityException {
      return key == null
          ? Arrays.copyOfRange(packet, 4, packet.length)
          : cipher(packet).doFinal(packet, 4, packet.length - 4);
    }

    private Cipher cipher(byte[] packet) throws GeneralSecurityException {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(mode, key, new GCMParameterSpec(128, nonce));
      cipher.updateAAD(packet, 0, 4);
      ByteBuffer counter = ByteBuffer.wrap(nonce, 4, 8);
      counter.putLong(4, counter.getLong(4) + 1);
      return cipher;
    }
  }

  /** What a message is written with (RFC 4251 section 5). */
  private static final class Message extends ByteArrayOutputStream {

    Message(int... kind) {
      for (int each : kind) {
        write(each);
      }
    }

    Message raw(byte[] bytes) {
      writeBytes(bytes);
      return this;
    }

    Message bytes(byte[] bytes) {
      return raw(ByteBuffer.allocate(4).putInt(bytes.length).array()).raw(bytes);
    }

    Message text(String text) {
      return bytes(text.getBytes(US_ASCII));
    }
  }

  private static byte[] bytes(ByteBuffer from) {
    byte[] result = new byte[from.getInt()];
    from.get(result);
    return result;
  }

  /** A message after its first octet. */
  private static ByteBuffer body(byte[] message) {
    return ByteBuffer.wrap(message, 1, message.length - 1);
  }

  private static byte[] sha256(byte[] input) throws GeneralSecurityException {
    return MessageDigest.getInstance("SHA-256").digest(input);
  }

  /** An Ed25519 key as ssh-keygen writes it. */
  private record Key(PrivateKey secret, byte[] open) {

    static Key read(Path file) throws Exception {
      String text = Files.readString(file).replaceAll("-----[A-Z ]+-----|\\s", "");
      ByteBuffer all = ByteBuffer.wrap(Base64.getDecoder().decode(text));
      all.position("openssh-key-v1".length() + 1);
      for (int i = 0; i < 3; i++) {
        bytes(all); // cipher, key derivation and its options: none
      }
      all.getInt();
      bytes(all);
      ByteBuffer secrets = ByteBuffer.wrap(bytes(all));
      secrets.getLong();
      bytes(secrets); // ssh-ed25519
      byte[] open = bytes(secrets);
      byte[] seed = Arrays.copyOf(bytes(secrets), 32);
      PrivateKey secret =
          KeyFactory.getInstance("Ed25519")
              .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
      return new Key(secret, open);
    }
  }
}
