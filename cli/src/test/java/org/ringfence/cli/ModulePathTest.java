package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.Backends;
import org.ringfence.SandboxException;
import org.ringfence.plan.Availability;

/** The other tests run on the class path; these start JVMs on the module path. */
class ModulePathTest {
  private static final String MAIN = "com.example.app/com.example.app.Main";

  private static final String APPLICATION =
      """
      package com.example.app;

      import java.nio.file.Path;
      import org.ringfence.Result;
      import org.ringfence.Sandbox;
      import org.ringfence.policy.json.Presets;

      public final class Main {
        public static void main(String[] args) throws Exception {
          String host = args[3];
          try (Sandbox sandbox =
              Sandbox.opener(
                      Presets.workspaceWrite().toBuilder()
                          .network(network -> { if (!host.isEmpty()) network.allow(host); })
                          .build())
                  .backend(args[0])
                  .workspace(Path.of(args[1]))
                  .open()) {
            Result result =
                sandbox.command("/bin/sh", "-c", "echo in >inside; echo out >" + args[2]).run();
            System.out.println(Sandbox.class.getModule().getName() + " " + result.exitCode());
          }
        }
      }
      """;

  @TempDir Path directory;
  @TempDir Path workspace;
  @TempDir Path outside;

  private ModularApplication application(String... required) throws IOException {
    StringBuilder module = new StringBuilder("module com.example.app {\n");
    for (String each : required) {
      module.append("  requires ").append(each).append(";\n");
    }
    return new ModularApplication(ModularApplication.modulesOfThisTest(), directory)
        .source("module-info.java", module + "}\n");
  }

  /** Returns what a modular application passes to the JVM, so that it gives no warning. */
  private static List<String> nativeAccess() {
    return Runtime.version().feature() >= 22
        ? List.of("--enable-native-access=com.sun.jna,org.jnrproject.jffi")
        : List.of();
  }

  private CommandLineProcess.Result confined(
      ModularApplication application, String backend, String host)
      throws IOException, InterruptedException {
    return application.run(
        nativeAccess(),
        MAIN,
        backend,
        workspace.toString(),
        outside.resolve("file").toString(),
        host);
  }

  private static void assumeUsable(String backend) throws SandboxException {
    Availability availability = Backends.load().byId(backend).probe();
    assumeTrue(availability.usable(), () -> backend + " cannot run: " + availability.reasons());
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  @EnabledOnOs(value = OS.LINUX, disabledReason = "the backends are those of Linux")
  void aModularApplicationConfinesACommand(String backend) throws Exception {
    assumeUsable(backend);
    ModularApplication application =
        application("org.ringfence").source("com/example/app/Main.java", APPLICATION);
    assertThat(application.compile()).isEmpty();
    CommandLineProcess.Result result = confined(application, backend, "");
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).matches("org\\.ringfence [12]\n");
    assertThat(workspace.resolve("inside")).hasContent("in\n");
    assertThat(outside.resolve("file")).doesNotExist();
    // The control: without a sandbox the file is written.
    Files.writeString(outside.resolve("file"), "out\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"landlock", "bubblewrap"})
  @EnabledOnOs(value = OS.LINUX, disabledReason = "the backends are those of Linux")
  void onlyAPolicyWithHostsNeedsNettyAndDns(String backend) throws Exception {
    assumeUsable(backend);
    ModularApplication application =
        application("org.ringfence").source("com/example/app/Main.java", APPLICATION);
    assertThat(application.compile()).isEmpty();
    CommandLineProcess.Result all = confined(application, backend, "example.org:443");
    assertThat(all.err()).isEmpty();
    assertThat(all.out()).matches("org\\.ringfence [12]\n");

    ModularApplication few =
        application.without(
            name ->
                name.startsWith("io.netty")
                    || Stream.of("dnsjava", "ringfence.egress", "ringfence.conformance")
                        .anyMatch(name::endsWith));
    assertThat(few.modules()).hasSizeLessThan(application.modules().size() - 10);
    CommandLineProcess.Result without = confined(few, backend, "");
    assertThat(without.err()).isEmpty();
    assertThat(without.out()).matches("org\\.ringfence [12]\n");
    CommandLineProcess.Result refused = confined(few, backend, "example.org:443");
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.err())
        .contains(
            "MissingModuleException: network: an allowlist needs the module org.ringfence.egress")
        .contains("ringfence-egress-proxy");
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "the backend is one of Linux")
  void aModularApplicationUsesTheAdapters() throws Exception {
    assumeUsable("landlock");
    ModularApplication application =
        new ModularApplication(ModularApplication.modulesOfThisTestAndJUnit(), directory)
            .source(
                "module-info.java",
                """
                module com.example.app {
                  requires org.ringfence.commonsexec;
                  requires org.ringfence.junit;
                  requires org.ringfence.opentelemetry;
                }
                """)
            .source(
                "com/example/app/Main.java",
                """
                package com.example.app;

                import io.opentelemetry.api.OpenTelemetry;
                import java.nio.file.Path;
                import org.apache.commons.exec.CommandLine;
                import org.ringfence.Sandbox;
                import org.ringfence.commonsexec.SandboxedExecutor;
                import org.ringfence.junit.Sandboxed;
                import org.ringfence.opentelemetry.SandboxTelemetry;
                import org.ringfence.policy.json.Presets;

                @Sandboxed
                public final class Main {
                  public static void main(String[] args) throws Exception {
                    Sandbox.Opener opener =
                        Sandbox.opener(Presets.workspaceWrite())
                            .backend("landlock")
                            .workspace(Path.of(args[0]));
                    SandboxTelemetry telemetry = new SandboxTelemetry(OpenTelemetry.noop());
                    try (Sandbox sandbox = telemetry.recording(opener).open()) {
                      new SandboxedExecutor(sandbox).execute(CommandLine.parse("touch inside"));
                    }
                    for (Class<?> each :
                        new Class<?>[] {
                          SandboxedExecutor.class, Sandboxed.class, SandboxTelemetry.class
                        }) {
                      System.out.println(each.getModule().getName());
                    }
                  }
                }
                """);
    assertThat(application.compile()).isEmpty();
    CommandLineProcess.Result result = application.run(nativeAccess(), MAIN, workspace.toString());
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .isEqualTo("org.ringfence.commonsexec\norg.ringfence.junit\norg.ringfence.opentelemetry\n");
    assertThat(workspace.resolve("inside")).exists();
  }

  /** Their libraries have no module name of their own, so that a descriptor cannot name them. */
  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "the backend is one of Linux")
  void aModularApplicationUsesTheAdaptersThatAreAutomaticModules(@TempDir Path archives)
      throws Exception {
    assumeUsable("landlock");
    ModularApplication application =
        new ModularApplication(
                ModularApplication.modulesOfThisTestAndAutomaticOnes(archives), directory)
            .source(
                "module-info.java",
                """
                module com.example.app {
                  requires org.ringfence;
                  requires org.ringfence.agentsandbox;
                  requires org.ringfence.langchain4j;
                  requires agent.sandbox.core;
                  requires langchain4j.core;
                }
                """)
            .source(
                "com/example/app/Main.java",
                """
                package com.example.app;

                import dev.langchain4j.agent.tool.ToolSpecifications;
                import java.nio.file.Path;
                import org.ringfence.agentsandbox.RingfenceSandbox;
                import org.ringfence.langchain4j.SandboxTools;
                import org.ringfence.policy.json.Presets;
                import org.springaicommunity.sandbox.ExecSpec;
                import org.springaicommunity.sandbox.Sandbox;

                public final class Main {
                  public static void main(String[] args) throws Exception {
                    try (Sandbox sandbox =
                        new RingfenceSandbox(
                            org.ringfence.Sandbox.opener(Presets.workspaceWrite())
                                .backend("landlock")
                                .workspace(Path.of(args[0]))
                                .open())) {
                      System.out.println(sandbox.exec(ExecSpec.of("touch", "inside")).exitCode());
                    }
                    System.out.println(
                        ToolSpecifications.toolSpecificationsFrom(SandboxTools.class).size());
                    System.out.println(
                        RingfenceSandbox.class.getModule().getName()
                            + " "
                            + SandboxTools.class.getModule().getName());
                  }
                }
                """);
    assertThat(application.compile()).isEmpty();
    CommandLineProcess.Result result = application.run(nativeAccess(), MAIN, workspace.toString());
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .isEqualTo("0\n2\norg.ringfence.agentsandbox org.ringfence.langchain4j\n");
    assertThat(workspace.resolve("inside")).exists();
  }

  @Test
  void anInternalPackageIsNotAccessible() throws Exception {
    ModularApplication application =
        application(
            "org.ringfence",
            "org.ringfence.cli",
            "org.ringfence.egress",
            "org.ringfence.kit",
            "org.ringfence.linux",
            "org.ringfence.macos",
            "org.ringfence.windows",
            "org.ringfence.wsl2");
    String source = "com/example/app/Use.java";
    assertThat(application.source(source, use("org.ringfence.Sandbox")).compile())
        .as("the control: a package of the API")
        .isEmpty();
    List<String> internal =
        List.of(
            "org.ringfence.text.message.NearestWord",
            "org.ringfence.file.HeldDirectory",
            "org.ringfence.cli.Main",
            "org.ringfence.egress.Egress",
            "org.ringfence.kit.session.SessionBase",
            "org.ringfence.linux.LandlockBackend",
            "org.ringfence.macos.bind.libc.PosixCalls",
            "org.ringfence.windows.channel.message.Message",
            "org.ringfence.wsl2.Wsl2Backend");
    List<String> errors =
        application.source(source, use(internal.toArray(String[]::new))).compile();
    assertThat(errors).hasSameSizeAs(internal);
    for (int i = 0; i < errors.size(); i++) {
      String type = internal.get(i);
      assertThat(errors.get(i))
          .startsWith("compiler.err.package.not.visible: ")
          .contains(type.substring(0, type.lastIndexOf('.')));
    }
  }

  private static String use(String... types) {
    StringBuilder source = new StringBuilder("package com.example.app;\nclass Use {\n");
    for (int i = 0; i < types.length; i++) {
      source.append("  ").append(types[i]).append(" field").append(i).append(";\n");
    }
    return source + "}\n";
  }

  @Test
  void onlyTheApiTheSuiteTheServersAndTheAdaptersExportToEverybody() {
    Map<String, List<String>> exports = new TreeMap<>();
    for (ModuleReference each : ours()) {
      ModuleDescriptor module = each.descriptor();
      List<String> toAll =
          module.exports().stream()
              .filter(one -> !one.isQualified())
              .map(ModuleDescriptor.Exports::source)
              .sorted()
              .toList();
      if (!toAll.isEmpty()) {
        exports.put(module.name(), toAll);
      }
      module.exports().stream()
          .filter(ModuleDescriptor.Exports::isQualified)
          .forEach(one -> assertThat(one.targets()).allMatch(to -> to.startsWith("org.ringfence")));
    }
    assertThat(exports)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "org.ringfence",
                List.of(
                    "org.ringfence",
                    "org.ringfence.event",
                    "org.ringfence.plan",
                    "org.ringfence.policy",
                    "org.ringfence.policy.effective",
                    "org.ringfence.policy.json",
                    "org.ringfence.policy.path",
                    "org.ringfence.policy.value",
                    "org.ringfence.review",
                    "org.ringfence.spi",
                    "org.ringfence.text"),
                "org.ringfence.conformance",
                List.of("org.ringfence.conformance", "org.ringfence.conformance.stage"),
                "org.ringfence.commonsexec",
                List.of("org.ringfence.commonsexec"),
                "org.ringfence.junit",
                List.of("org.ringfence.junit"),
                "org.ringfence.opentelemetry",
                List.of("org.ringfence.opentelemetry"),
                "org.ringfence.mcp",
                List.of("org.ringfence.mcp"),
                "org.ringfence.serve",
                List.of("org.ringfence.serve")));
  }

  @Test
  void eachModuleProvidesTheServicesOfTheClassPath() throws IOException {
    int services = 0;
    for (ModuleReference each : ours()) {
      try (ModuleReader reader = each.open()) {
        Map<String, List<String>> listed = new TreeMap<>();
        List<String> files =
            reader.list().filter(name -> name.matches("META-INF/services/.+")).toList();
        for (String file : files) {
          try (InputStream in = reader.open(file).orElseThrow()) {
            listed.put(
                file.substring("META-INF/services/".length()),
                new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().sorted().toList());
          }
        }
        Map<String, List<String>> provided = new TreeMap<>();
        for (ModuleDescriptor.Provides one : each.descriptor().provides()) {
          provided.put(one.service(), one.providers().stream().sorted().toList());
        }
        assertThat(provided).as(each.descriptor().name()).isEqualTo(listed);
        services += provided.size();
      }
    }
    assertThat(services).isGreaterThanOrEqualTo(7);
  }

  private static List<ModuleReference> ours() {
    List<ModuleReference> found =
        ModuleFinder.of(ModularApplication.modulesOfThisTest().toArray(Path[]::new))
            .findAll()
            .stream()
            .filter(each -> each.descriptor().name().startsWith("org.ringfence"))
            .toList();
    assertThat(found)
        .extracting(each -> each.descriptor().name())
        .contains("org.ringfence", "org.ringfence.cli")
        .hasSize(14);
    return found;
  }

  @Test
  void aThirdPartysBackendIsFound() throws Exception {
    ModularApplication application =
        new ModularApplication(ModularApplication.modulesOfThisTest(), directory);
    Path sources = Path.of("..", "sample-backend", "src", "main", "java").toRealPath();
    try (Stream<Path> files = Files.walk(sources)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        application.source(sources.relativize(file).toString(), Files.readString(file));
      }
    }
    application.source(
        "com/example/plain/Main.java",
        """
        package com.example.plain;

        public final class Main {
          public static void main(String[] args) throws Exception {
            Object found = org.ringfence.Backends.load().byId("plain");
            System.out.println(found.getClass().getModule().getName());
          }
        }
        """);
    assertThat(application.compile()).isEmpty();
    CommandLineProcess.Result result =
        application.run(nativeAccess(), "com.example.plain/com.example.plain.Main");
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).isEqualTo("com.example.plain\n");
  }

  @Test
  void theRecordsOfRemoteChannelsAreOpenToJackson() throws Exception {
    String[] internal = {
      "--add-exports=org.ringfence.windows/org.ringfence.windows.channel.message=com.example.app",
      "--add-exports=org.ringfence.windows/org.ringfence.windows.channel.json=com.example.app",
      "--add-exports=org.ringfence.wsl2/org.ringfence.wsl2.channel.message=com.example.app",
      "--add-exports=org.ringfence.wsl2/org.ringfence.wsl2.channel.json=com.example.app"
    };
    ModularApplication application =
        application("org.ringfence", "org.ringfence.windows", "org.ringfence.wsl2")
            .source(
                "com/example/app/Main.java",
                """
                package com.example.app;

                import java.util.List;
                import java.util.Map;
                import org.ringfence.event.Violation;
                import org.ringfence.plan.PlannedGuarantee;
                import org.ringfence.policy.Guarantee;
                import org.ringfence.windows.channel.message.Message;
                import org.ringfence.windows.channel.json.MessageJson;
                import org.ringfence.wsl2.channel.message.GuestMessage;
                import org.ringfence.wsl2.channel.json.GuestMessageJson;

                public final class Main {
                  public static void main(String[] args) throws Exception {
                    Message windows = new Message.Hello(1, 2, Map.of("a", "b"));
                    System.out.println(
                        MessageJson.read(MessageJson.write(windows)).equals(windows));
                    GuestMessage wsl2 =
                        new GuestMessage.Planned(
                            1,
                            true,
                            List.of(),
                            List.of(),
                            Map.of("a", "b"),
                            List.of(PlannedGuarantee.enforced(Guarantee.FILES_WRITE, "there")));
                    System.out.println(
                        GuestMessageJson.read(GuestMessageJson.write(wsl2), 0).equals(wsl2));
                  }
                }
                """);
    assertThat(application.compile(internal)).isEmpty();
    CommandLineProcess.Result result = application.run(List.of(internal), MAIN);
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).isEqualTo("true\ntrue\n");
  }

  @Test
  @EnabledOnOs(
      value = {OS.LINUX, OS.MAC},
      disabledReason = "the calls are those of POSIX")
  void theCallsOfTheMacOsBackendAreBound() throws Exception {
    String internal = "--add-exports=org.ringfence.macos/org.ringfence.macos.bind=com.example.app";
    ModularApplication application =
        application("org.ringfence.macos")
            .source(
                "com/example/app/Main.java",
                """
                package com.example.app;

                import org.ringfence.macos.bind.Posix;

                public final class Main {
                  public static void main(String[] args) throws Exception {
                    System.out.println(new Posix().terminal().path().startsWith("/dev/"));
                  }
                }
                """);
    assertThat(application.compile(internal)).isEmpty();
    List<String> options = Stream.concat(Stream.of(internal), nativeAccess().stream()).toList();
    CommandLineProcess.Result result = application.run(options, MAIN);
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).isEqualTo("true\n");
  }

  @Test
  void theCommandLineStartsAsAModule() throws Exception {
    ModularApplication application =
        new ModularApplication(ModularApplication.modulesOfThisTest(), directory);
    String main = "org.ringfence.cli/org.ringfence.cli.Main";
    CommandLineProcess.Result result =
        application.run(nativeAccess(), main, "policy", "show", "-C", workspace.toString());
    assertThat(result.err()).isEmpty();
    assertThat(result.exit()).isZero();
    assertThat(result.out()).contains("workspace");
    CommandLineProcess.Result verify =
        application.run(nativeAccess(), main, "verify", "NO-SUCH-CASE");
    assertThat(verify.err()).contains("CASE").doesNotContain("the conformance suite is missing");
  }
}
