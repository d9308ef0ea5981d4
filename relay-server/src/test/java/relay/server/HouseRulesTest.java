package relay.server;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.function.Predicate;

/**
 * The rules that keep the picture in DESIGN.md true, for all three modules. A rule about a package
 * that is still empty passes ({@code allowEmptyShould}): it waits for the first class.
 */
@AnalyzeClasses(packages = "relay", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseRulesTest {

  /** Without this, a module that is missing from the class path would obey every rule. */
  @ArchTest
  static void all_modules_are_read(JavaClasses all) {
    assertThat(all.stream().map(JavaClass::getPackageName))
        .contains("relay.common.config", "relay.server.tunnel", "relay.client.session");
  }

  @ArchTest
  static final ArchRule no_package_cycles =
      slices().matching("relay.(**)").should().beFreeOfCycles().allowEmptyShould(true);

  // Who may import whom, of ours: the layout's last column.

  @ArchTest static final ArchRule common = mayImport("relay.common..");

  @ArchTest static final ArchRule client = mayImport("relay.client..", "relay.common..");

  @ArchTest
  static final ArchRule server_config = mayImport("relay.server.config..", "relay.common..");

  @ArchTest
  static final ArchRule auth =
      mayImport(
          "relay.server.auth..",
          "relay.server.config..",
          "relay.common.config..",
          "relay.common.endpoint..",
          "relay.common.ssh..");

  @ArchTest
  static final ArchRule tunnel =
      mayImport(
          "relay.server.tunnel..",
          "relay.server.auth..",
          "relay.server.config..",
          "relay.common.endpoint..");

  @ArchTest
  static final ArchRule ssh =
      mayImport(
          "relay.server.ssh..",
          "relay.server.tunnel..",
          "relay.server.auth..",
          "relay.server.config..",
          "relay.common..");

  @ArchTest
  static final ArchRule edge =
      mayImport(
          "relay.server.edge..",
          "relay.server.tunnel..",
          "relay.server.config..",
          "relay.common..");

  @ArchTest
  static final ArchRule cluster =
      mayImport(
          "relay.server.cluster..",
          "relay.server.tunnel..",
          "relay.server.config..",
          "relay.common..");

  // Where the libraries may show.

  @ArchTest
  static final ArchRule sshd_stays_where_ssh_is_spoken =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "relay.common.ssh..",
              "relay.common.stream..",
              "relay.server", // RelayServer wires it
              "relay.server.ssh..",
              "relay.server.auth..",
              "relay.client.session..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.apache.sshd..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule tunnel_knows_no_protocol =
      noClasses()
          .that()
          .resideInAPackage("relay.server.tunnel..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.sshd..", "io.netty.handler.codec.http..")
          .allowEmptyShould(true);

  // What no event loop survives, and what only the outermost layer decides.

  @ArchTest
  static final ArchRule nothing_blocks =
      noClasses()
          .that(not(isMainOrCommandLine()))
          .should()
          .accessTargetWhere(waits())
          .because("an event loop that waits stops every tunnel on it")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule only_main_exits =
      noClasses()
          .that(not(isMain()))
          .should()
          .accessTargetWhere(
              target(
                  "process exit",
                  access ->
                      (isOwnedBy(access, System.class) && isNamed(access, "exit"))
                          || (isOwnedBy(access, Runtime.class) && isNamed(access, "exit", "halt"))))
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule only_main_and_the_loader_read_the_environment =
      noClasses()
          .that(not(isMain().or(resideInAPackage("relay.common.config"))))
          .should()
          .accessTargetWhere(
              target(
                  "System.getenv",
                  access -> isOwnedBy(access, System.class) && isNamed(access, "getenv")))
          .allowEmptyShould(true);

  // Names.

  @ArchTest
  static final ArchRule names_say_something =
      classes()
          .should()
          .haveNameNotMatching("relay\\..*(Manager|Util|Helper|Context)[^.]*")
          .because("those words fit any class, so they describe none")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule a_handler_is_one_of_netty_or_mina =
      classes()
          .that()
          .haveSimpleNameContaining("Handler")
          .should()
          .beAssignableTo(
              resideInAnyPackage("io.netty..", "org.apache.sshd..")
                  .and(
                      DescribedPredicate.describe(
                          "handler", type -> type.getSimpleName().endsWith("Handler"))))
          .allowEmptyShould(true);

  /** Of our own packages, {@code from} may depend on itself and on {@code allowed}. */
  private static ArchRule mayImport(String from, String... allowed) {
    return noClasses()
        .that()
        .resideInAPackage(from)
        .should()
        .dependOnClassesThat(
            resideInAPackage("relay..")
                .and(not(resideInAPackage(from)))
                .and(not(resideInAnyPackage(allowed))))
        .allowEmptyShould(true);
  }

  private static DescribedPredicate<JavaClass> isMain() {
    return DescribedPredicate.describe(
        "Main", type -> outermost(type).getName().matches("relay\\.(server|client)\\.Main"));
  }

  /** The client's commands live beside its Main: a person waits for them. */
  private static DescribedPredicate<JavaClass> isMainOrCommandLine() {
    return isMain().or(resideInAPackage("relay.client"));
  }

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(HouseRulesTest::outermost).orElse(type);
  }

  private static DescribedPredicate<JavaAccess<?>> waits() {
    return target(
        "a call that waits",
        access -> {
          String name = access.getTarget().getName();
          JavaClass owner = access.getTargetOwner();
          if (name.startsWith("await") || name.startsWith("sync")) {
            return owner.getPackageName().matches("(io\\.netty|org\\.apache\\.sshd|java\\.util).*");
          }
          return switch (name) {
            case "get" -> owner.isAssignableTo(Future.class);
            case "join" -> owner.isAssignableTo(Future.class) || isOwnedBy(access, Thread.class);
            case "sleep" -> isOwnedBy(access, Thread.class);
            case "wait" -> isOwnedBy(access, Object.class);
            case "verify" -> owner.isAssignableTo("org.apache.sshd.common.future.VerifiableFuture");
            default -> false;
          };
        });
  }

  private static DescribedPredicate<JavaAccess<?>> target(
      String description, Predicate<JavaAccess<?>> predicate) {
    return DescribedPredicate.describe(description, predicate);
  }

  private static boolean isOwnedBy(JavaAccess<?> access, Class<?> owner) {
    return assignableTo(owner).test(access.getTargetOwner());
  }

  private static boolean isNamed(JavaAccess<?> access, String... names) {
    return Set.of(names).contains(access.getTarget().getName());
  }
}
