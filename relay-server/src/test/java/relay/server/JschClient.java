package relay.server;

import com.jcraft.jsch.JSch;
import com.jcraft.jsch.JSchException;
import com.jcraft.jsch.Session;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** What {@link OtherClientsIT} asks of each client, by JSch; a program of its own. */
final class JschClient {

  private static final String HERE = "127.0.0.1";

  private JschClient() {}

  public static void main(String[] words) throws Exception {
    int web = Integer.parseInt(words[3]);
    int service = Integer.parseInt(words[4]);
    JSch jsch = new JSch();
    jsch.addIdentity(words[1]);
    jsch.setKnownHosts(words[2]);
    Session relay = jsch.getSession("relay", HERE, Integer.parseInt(words[0]));
    relay.setServerAliveInterval(1000);
    relay.setServerAliveCountMax(3);
    relay.connect(10_000);

    relay.setPortForwardingR("foo", 80, HERE, web);
    say("name granted");
    try {
      relay.setPortForwardingR("www", 80, HERE, web);
    } catch (JSchException e) {
      say("refused " + e.getMessage());
    }
    int allocated = relay.setPortForwardingR("0:" + HERE + ":" + service);
    say("port " + allocated);
    relay.setPortForwardingR("own", 22, HERE, service);
    relay.setPortForwardingL(HERE, Integer.parseInt(words[5]), "own", 22);
    relay.sendKeepAliveMsg();
    say(relay.isConnected() ? "alive" : "dead");
    say("local");

    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String unused = in.readLine();
    relay.delPortForwardingR(allocated);
    say("cancelled");
    relay.setPortForwardingR("later", 80, HERE, web);
    say("later granted");
    unused = in.readLine();
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
