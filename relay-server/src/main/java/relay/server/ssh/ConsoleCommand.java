package relay.server.ssh;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import relay.common.endpoint.Refusal;
import relay.common.endpoint.RefusalCode;
import relay.server.tunnel.RefusedException;

/**
 * A word that {@code ssh host WORD} answers and then ends. All that there are stand here: what is
 * known, the help, and the keys of the console follow from it.
 *
 * @param name the word
 * @param arguments what stands behind it, for the help; in brackets what may be left out
 * @param key the key that asks for it on a console; 0 for none
 * @param meaning in one line
 */
record ConsoleCommand(String name, String arguments, char key, String meaning, Answerer answerer) {

  static final String JSON = "--json";

  private static final String FOLLOW = "[--follow]";

  /** Answers on the session's event loop; the future may be completed by any thread. */
  interface Answerer {
    /**
     * @throws RefusedException as the future, which then fails with one
     */
    CompletableFuture<Reply> answer(OwnerCommands owner, Typed typed) throws RefusedException;
  }

  /** One that is answered at once. */
  private interface AtOnce {
    Reply answer(OwnerCommands owner);
  }

  static final List<ConsoleCommand> ALL =
      List.of(
          now("help", '\0', "this list", OwnerCommands::help),
          now(
              "whoami",
              'w',
              "which key you have, from where, and what it may do",
              OwnerCommands::whoami),
          now("ls", 'l', "your tunnels, in all your sessions", OwnerCommands::list),
          new ConsoleCommand(
              "rm",
              "NAME",
              '\0',
              "ends a tunnel of yours, in whatever session; NAME as ls shows it, or a port",
              (owner, typed) -> CompletableFuture.completedFuture(owner.remove(typed.word(0)))),
          new ConsoleCommand(
              "reserve",
              "NAME [pool=true]",
              '\0',
              "keeps a name or a port for you for ever, where your key's permitlisten names it",
              (owner, typed) -> owner.reserve(typed.word(0), typed.word(1))),
          new ConsoleCommand(
              "release",
              "NAME",
              '\0',
              "gives a name or a port of yours up; your own name becomes a new one",
              (owner, typed) -> owner.release(typed.word(0))),
          new ConsoleCommand(
              "logs",
              "[NAME] " + FOLLOW,
              '\0',
              "the last visits and refusals of your tunnels; with --follow until Ctrl-C",
              (owner, typed) -> CompletableFuture.completedFuture(owner.logs(typed.word(0)))),
          now("stats", 's', "how much there is of all that", OwnerCommands::stats));

  private static ConsoleCommand now(String name, char key, String meaning, AtOnce answer) {
    return new ConsoleCommand(
        name,
        "",
        key,
        meaning,
        (owner, typed) -> CompletableFuture.completedFuture(answer.answer(owner)));
  }

  /** As it is typed. */
  String usage() {
    return arguments.isEmpty() ? name : name + " " + arguments;
  }

  static String names() {
    return ALL.stream().map(ConsoleCommand::name).collect(Collectors.joining(", "));
  }

  /** The command that a key asks for, or null. */
  static @Nullable ConsoleCommand ofKey(byte key) {
    return ALL.stream()
        .filter(command -> command.key != 0 && command.key == key)
        .findFirst()
        .orElse(null);
  }

  /**
   * A command as somebody typed it.
   *
   * @param follow whether what is still to come is wanted too
   */
  record Typed(ConsoleCommand command, List<String> words, boolean json, boolean follow) {
    static Typed alone(ConsoleCommand command) {
      return new Typed(command, List.of(), false, false);
    }

    /** What stands at a place behind the command; empty for nothing. */
    String word(int place) {
      return place < words.size() ? words.get(place) : "";
    }
  }

  private int most() {
    return (int)
        Arrays.stream(arguments.split(" ", -1))
            .filter(argument -> !argument.isEmpty() && !argument.equals(FOLLOW))
            .count();
  }

  private int least() {
    return (int) Arrays.stream(arguments.split(" ", -1)).filter(ConsoleCommand::isNeeded).count();
  }

  private static boolean isNeeded(String argument) {
    return !argument.isEmpty() && !argument.startsWith("[");
  }

  /**
   * Reads what was typed; null where its first word is no command.
   *
   * @throws RefusedException where what stands behind it is not what it takes
   */
  static @Nullable Typed read(String line) throws RefusedException {
    List<String> words = new ArrayList<>(Arrays.asList(line.strip().split(" +", -1)));
    String first = words.remove(0);
    ConsoleCommand command =
        ALL.stream().filter(one -> one.name.equals(first)).findFirst().orElse(null);
    if (command == null) {
      return null;
    }
    boolean json = words.removeIf(JSON::equals);
    boolean follow = command.arguments.contains(FOLLOW) && words.removeIf("--follow"::equals);
    if (words.size() < command.least()
        || words.size() > command.most()
        || words.stream().anyMatch(word -> word.startsWith("-"))) {
      throw new RefusedException(
          new Refusal(
              RefusalCode.OPTION_INVALID,
              "'"
                  + Lines.shown(line.strip())
                  + "': expected "
                  + command.usage()
                  + " ["
                  + JSON
                  + "]"));
    }
    return new Typed(command, List.copyOf(words), json, follow);
  }
}
