package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.cli.command.PlanCommand;
import org.ringfence.cli.json.JsonText;
import org.ringfence.cli.report.ExitCode;
import org.ringfence.cli.terminal.Palette;
import org.ringfence.cli.terminal.Paragraph;
import org.ringfence.policy.effective.EffectivePolicy;
import picocli.CommandLine;

/** Runs the subcommands inside this JVM. Only {@code run} needs a separate process. */
@SuppressWarnings("unchecked") // JSON objects and lists
class CommandLineTest {
  private record Result(int exit, String out, String err) {}

  private static Result ringfence(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Ringfence.commandLine();
    line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int exit = line.execute(args);
    return new Result(exit, out.toString(), err.toString());
  }

  @Test
  void doctorRecommendsAnAvailableBackend() {
    Result agent = ringfence("doctor", "--recommend");
    assertThat(agent.out())
        .startsWith("for untrusted commands")
        .contains("run: ringfence run --backend ");
    assertThat(agent.out().lines().count()).isLessThanOrEqualTo(3);
    assertThat(ringfence("doctor", "--recommend", "packaged").out())
        .contains("use the program's own .exe");
    assertThat(ringfence("doctor", "--recommend", "nothing").exit())
        .isEqualTo(ExitCode.OWN_FAILURE);
  }

  @Test
  void helpShowsExamplesAndExitCodes() {
    assertThat(ringfence("--help").out())
        .contains("Examples:", "ringfence run -- make test", "Exit codes", "doctor", "verify");
    assertThat(ringfence("run", "--help").out()).contains("--write", "--timeout", "--limit");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"run", "plan", "doctor", "check", "explain", "policy", "verify", "completion"})
  void everySubcommandHasHelp(String name) {
    assertThat(ringfence("help", name).exit()).isZero();
    assertThat(ringfence("help", name).out()).contains("Usage: ringfence " + name);
  }

  @Test
  void everyCommandPrintsTheVersion() {
    assertThat(everyCommand(Ringfence.commandLine()))
        .isNotEmpty()
        .allSatisfy(
            command ->
                assertThat(ringfence(with(command, "--version")).out())
                    .as(String.join(" ", command))
                    .startsWith("ringfence "));
  }

  @Test
  void helpFitsATerminalOfEightyColumns() {
    assertThat(everyCommand(Ringfence.commandLine()))
        .allSatisfy(
            command ->
                assertThat(ringfence(with(command, "--help")).out().lines())
                    .as(String.join(" ", command))
                    .allMatch(line -> line.length() <= 80));
  }

  /** Returns the words of each command that has a version; those of help have none. */
  private static List<List<String>> everyCommand(CommandLine from) {
    List<List<String>> all = new ArrayList<>(List.of(List.of()));
    from.getSubcommands()
        .forEach(
            (word, below) -> {
              if (!word.equals("help")) {
                everyCommand(below)
                    .forEach(
                        words -> all.add(Stream.concat(Stream.of(word), words.stream()).toList()));
              }
            });
    return all;
  }

  private static String[] with(List<String> words, String last) {
    return Stream.concat(words.stream(), Stream.of(last)).toArray(String[]::new);
  }

  @Test
  void argumentWithAtSignIsNotAnOptionFile(@TempDir Path workspace) throws Exception {
    Path file = Files.writeString(workspace.resolve("words"), workspace + "/x\n");
    Result result = ringfence("check", "-C", workspace.toString(), "@" + file);
    // The file names a writable path: check would allow the write if it read the file.
    assertThat(result.out()).contains("write   denied");
  }

  @Test
  void checkNamesTheDecidingRule(@TempDir Path workspace) {
    Result inside = ringfence("check", "-C", workspace.toString(), workspace + "/x");
    assertThat(inside.exit()).isZero();
    assertThat(inside.out()).contains("write   allowed", ":workspace: write");

    Result outside = ringfence("check", "-C", workspace.toString(), "/etc/passwd");
    assertThat(outside.exit()).isEqualTo(ExitCode.NO);
    assertThat(outside.out()).contains("write   denied", "files.default read");

    Result json = ringfence("check", "--json", "-C", workspace.toString(), "/etc/passwd");
    assertThat(json.exit()).isEqualTo(ExitCode.NO);
    assertThat(json.out()).contains("\"allowed\" : false", "\"operation\" : \"read\"");
    Result host = ringfence("check", "-C", workspace.toString(), "example.org:443");
    assertThat(host.exit()).isEqualTo(ExitCode.NO);
    assertThat(host.out()).contains("network.mode none");
    assertThat(
            ringfence("check", "-C", workspace.toString(), "--network", "full", "[::1]:80").exit())
        .isZero();
  }

  @Test
  void planReportsRefusalWithRemedy(@TempDir Path workspace) {
    Result plan =
        ringfence(
            "plan",
            "-C",
            workspace.toString(),
            "--backend",
            "landlock",
            "--deny",
            workspace + "/x",
            "--json");
    assertThat(plan.exit()).isEqualTo(ExitCode.REFUSED);
    assertThat(plan.out()).contains("\"acceptable\" : false", "\"remedy\"");
  }

  @Test
  void doctorListsBackendsOfOtherSystemsInOneLine() {
    String text = ringfence("doctor").out();
    assertThat(text.lines().filter(line -> line.matches("(un)?available .*")).count()).isEqualTo(2);
    assertThat(text.lines().toList().get(0)).contains("landlock");
    assertThat(text.strip().lines().reduce((first, last) -> last).orElseThrow())
        .isEqualTo(
            "of other systems: seatbelt, restricted-token, app-container, dedicated-user, wsl2");
  }

  @Test
  void doctorPrintsJson() throws Exception {
    var tree = JsonText.read(ringfence("doctor", "--recommend", "ci", "--json").out());
    assertThat(tree).containsOnlyKeys("backends", "otherSystems", "recommendation");
    assertThat((List<Object>) tree.get("backends"))
        .allSatisfy(
            backend ->
                assertThat((Map<String, Object>) backend)
                    .containsOnlyKeys(
                        "id", "description", "available", "reasons", "remedies", "facts"));
    assertThat((Map<String, Object>) tree.get("recommendation"))
        .containsOnlyKeys("workload", "backend", "reason", "command", "better", "also", "others")
        .containsEntry("workload", "ci");
  }

  @Test
  void planShowsOnlyFactsAboutTheWorkspace() {
    var policy =
        EffectivePolicy.of(
            org.ringfence.policy.SandboxPolicy.builder().build(),
            org.ringfence.policy.path.PathContext.ofMac("/ws", "/home"));
    var facts = java.util.Map.of("workspace", "on a drive of Windows", "kernel", "6.6");
    var plan =
        new org.ringfence.plan.SandboxPlan(
            "some", policy, org.ringfence.plan.Availability.available(facts), java.util.List.of());
    java.io.StringWriter text = new java.io.StringWriter();
    PlanCommand.print(new java.io.PrintWriter(text, true), plan, Palette.ofThisTerminal());
    assertThat(text.toString())
        .contains("workspace: on a drive of Windows")
        .doesNotContain("kernel");
  }

  @Test
  void planComparesAvailableBackends(@TempDir Path workspace) {
    String text = ringfence("plan", "-C", workspace.toString(), "--best-effort", "all").out();
    assertThat(text).contains("backend landlock");
    // Without bubblewrap, plan has no second backend to compare.
    if (ringfence("doctor").out().contains("available    bubblewrap")) {
      assertThat(text).containsPattern("instead, --backend bubblewrap enforces \\d+ of \\d+");
    }
  }

  @Test
  void checkPredictsWindowsAccessBeyondThePolicy(@TempDir Path workspace) {
    String inside = workspace.resolve("file").toString();
    String[] check = {"check", "-C", workspace.toString(), "--backend", "restricted-token"};
    String[] line = java.util.Arrays.copyOf(check, check.length + 1);
    line[check.length] = "/usr/share/file";
    assertThat(ringfence(line).out())
        .contains(
            "restricted-token, by the model of its access check: write is not let",
            "delete is let");
    line[check.length] = inside;
    assertThat(ringfence(line).out()).contains("write is let", "change permissions is not let");
    check[4] = "landlock";
    line = java.util.Arrays.copyOf(check, check.length + 1);
    line[check.length] = inside;
    assertThat(ringfence(line).out()).doesNotContain("model");
  }

  @Test
  void windowsCommandsFailOnOtherSystems() {
    assertThat(ringfence("windows", "status").exit()).isEqualTo(ExitCode.OWN_FAILURE);
    assertThat(ringfence("windows", "status").err()).contains("this is not Windows");
    assertThat(ringfence("windows").out()).contains("repair", "teardown", "gc");
  }

  @Test
  void policyCommandsShowValidateAndDescribePolicies(@TempDir Path directory) throws Exception {
    Path shown = directory.resolve("policy.json");
    Files.writeString(shown, ringfence("policy", "show", "--policy", "read-only").out());
    assertThat(ringfence("policy", "validate", shown.toString()).exit()).isZero();
    assertThat(ringfence("policy", "schema").out()).contains("json-schema.org");
    assertThat(ringfence("policy", "validate", "--json", shown.toString()).out())
        .contains("\"valid\" : true", "\"mistakes\" : [ ]");
    Files.writeString(shown, "{\"file\": 1}");
    Result wrong = ringfence("policy", "validate", "--json", shown.toString());
    assertThat(wrong.exit()).isEqualTo(ExitCode.OWN_FAILURE);
    assertThat(wrong.out()).contains("\"valid\" : false", "use 'files'");
  }

  @Test
  void mistakeFoundOnThisMachineHasItsPlaceInTheFile(@TempDir Path directory) throws Exception {
    Path below = directory.resolve("below.json");
    Files.writeString(
        below,
        "{\n  \"network\": {\n    \"unixSockets\": [\n      \"/etc/passwd\"\n    ]\n  }\n}\n");
    Path top = directory.resolve("top.json");
    Files.writeString(top, "{\"extends\": [\"workspace-write\", \"below.json\"]}\n");
    for (Path file : List.of(below, top)) {
      Result wrong = ringfence("policy", "validate", "--json", file.toString());
      assertThat(wrong.out())
          .contains("\"line\" : 4", "\"field\" : \"network.unixSockets\"", below + ":4: ");
      assertThat(ringfence("plan", "-p", file.toString()).err()).contains(below + ":4: ");
      assertThat(ringfence("run", "-p", file.toString(), "--", "true").err())
          .contains(below + ":4: ");
    }
  }

  @Test
  void mistakesInJsonNameTheWordThatWasMeant(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("policy.json");
    Files.writeString(
        file,
        "{\"tmp\": \"privat\",\n \"netwrok\": {},\n"
            + " \"enforcement\": {\"bestEffort\": [\"limits.memroy\"]},\n"
            + " \"limits\": {\"memory\": \"1.5GiB\", \"fileSize\": 2.5, \"grace\": \"5\"}}");
    assertThat(ringfence("policy", "validate", "--json", file.toString()).out())
        .contains(
            "\"didYouMean\" : \"private\"",
            "\"didYouMean\" : \"network\"",
            "\"didYouMean\" : \"limits.memory\"",
            "\"use\" : \"1536MiB\"",
            "\"use\" : \"3B\"",
            "\"use\" : \"5s\"");
  }

  @Test
  void allMisplacedPathsOfAPolicyAreNamedWithTheirLines(@TempDir Path directory) throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("paths.json"),
            """
            { "files": { "rules": {
              "z": "read",
              "~/y": "write",
              "/no/such/name": "write"
            }}}
            """);
    assertThat(ringfence("policy", "validate", file.toString()).err().lines())
        .satisfiesExactly(
            line -> assertThat(line).contains("paths.json:2: files.rules: 'z'", ":workspace/z"),
            line -> assertThat(line).contains("paths.json:3: files.rules: '~/y'", ":home/y"),
            line -> assertThat(line).contains("paths.json:4: files.rules: '/no/such/name'"));
    Files.writeString(
        file,
        """
        { "files": { "rules": {
          "/x": "writ"
        }}, "network": {
          "unixSockets": ["run/x"]
        }}
        """);
    assertThat(ringfence("policy", "validate", file.toString()).err())
        .contains(
            "paths.json:2: files.rules./x: 'writ'", "paths.json:4: network.unixSockets: 'run/x'");
  }

  @Test
  void helpBreaksNoPathOverLines() {
    List<String> broken = new ArrayList<>();
    Deque<CommandLine> commands = new ArrayDeque<>(List.of(Ringfence.commandLine()));
    while (!commands.isEmpty()) {
      CommandLine command = commands.pop();
      command.getSubcommands().values().forEach(commands::push);
      CommandLine.Model.CommandSpec spec = command.getCommandSpec();
      String usage = command.getUsageMessage(CommandLine.Help.Ansi.OFF);
      Stream.concat(
              spec.args().stream().flatMap(arg -> Stream.of(arg.description())),
              Stream.concat(
                  Stream.of(spec.usageMessage().description()),
                  Stream.of(spec.usageMessage().footer())))
          .flatMap(text -> Stream.of(text.split("\\s+")))
          .filter(word -> word.contains("/") || word.contains("."))
          .filter(word -> !word.contains("${") && !usage.contains(word.replace("%n", "")))
          .forEach(word -> broken.add(spec.qualifiedName() + ": " + word));
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void severalPoliciesAreCombined() {
    String shown =
        ringfence(
                "policy",
                "show",
                "-p",
                "workspace-write",
                "-p",
                "npm",
                "--env",
                "A=b",
                "--limit",
                "memory=1GiB",
                "--timeout",
                "5s",
                "--best-effort",
                "limits")
            .out();
    assertThat(shown).contains(":workspace", ":home/.npm", "\"A\" : \"b\"", "1GiB", "5s");
  }

  @Test
  void toolchainPresetExtendsTheDefaultAndBasePolicyReplacesIt(@TempDir Path directory)
      throws Exception {
    assertThat(ringfence("policy", "show", "-p", "maven").out())
        .contains("\":workspace\"", ":home/.m2");
    assertThat(ringfence("policy", "show", "-p", "npm,maven").out())
        .contains("\":workspace\"", ":home/.m2", ":home/.npm");
    assertThat(ringfence("policy", "show", "-p", "read-only,maven").out())
        .contains(":home/.m2")
        .doesNotContain("\":workspace\"");
    Path file = directory.resolve("own.json");
    Files.writeString(file, "{\"extends\": [\"read-only\"]}");
    assertThat(ringfence("policy", "show", "-p", file + ",maven").out())
        .contains(":home/.m2")
        .doesNotContain("\":workspace\"");
  }

  @Test
  void helpShowsTheDefaultPolicyOfEachCommand() {
    assertThat(ringfence("run", "--help").out()).contains("Default: workspace-write.");
    assertThat(ringfence("policy", "show", "--help").out()).contains("Default: workspace-write.");
    assertThat(ringfence("learn", "--help").out())
        .contains("Default: read-only and no-credentials.");
  }

  @Test
  void checkDistinguishesHostsFromPaths(@TempDir Path workspace) {
    String[] open = {"check", "-C", workspace.toString(), "--allow-host", "example.org", ""};
    open[5] = "example.org";
    assertThat(ringfence(open).out()).contains("taken for a host", "port 80", "port 443");
    assertThat(ringfence(open).exit()).isZero();
    open[5] = "example.net";
    assertThat(ringfence(open).exit()).isEqualTo(ExitCode.NO);
    open[5] = "./example.org";
    assertThat(ringfence(open).out()).contains("write");
    // The module's directory is the working directory and contains a file of this name.
    open[5] = "pom.xml";
    assertThat(ringfence(open).out()).contains("write").doesNotContain("host");
    open[5] = ":workspace/x";
    assertThat(ringfence(open).out()).contains("write   allowed", ":workspace");
    open[5] = ":home/x";
    assertThat(ringfence(open).out()).contains("write   denied");
    open[5] = "~/x";
    assertThat(ringfence(open).out()).contains("write   denied");
    open[5] = ":nowhere";
    assertThat(ringfence(open).err()).contains(":workspace, :tmp");
  }

  @Test
  void denyOptionAcceptsGlob(@TempDir Path workspace) {
    String[] check = {
      "check", "-C", workspace.toString(), "--deny", "*.key", workspace + "/a/b.key"
    };
    assertThat(ringfence(check).out()).contains("read    denied", "*.key");
    check[5] = workspace + "/a/b.kez";
    assertThat(ringfence(check).exit()).isZero();
  }

  @Test
  void refusalStatesEachReasonOnce() {
    Result refused =
        ringfence(
            "run", "--backend", "landlock", "--deny", "/etc", "--limit", "memory=1GiB", "--", "x");
    assertThat(refused.exit()).isEqualTo(ExitCode.REFUSED);
    assertThat(refused.err())
        .startsWith("ringfence: refused, nothing was started: landlock cannot enforce files.write")
        .containsOnlyOnce("takes away below /")
        .contains("files.read", "try:")
        .hasLineCount(1);
  }

  @Test
  void paragraphIsWrappedToTerminalWidth() {
    String text = "ringfence: " + "word ".repeat(40).strip();
    assertThat(Paragraph.of(text, 60)).hasSizeGreaterThan(3).allMatch(line -> line.length() <= 60);
    assertThat(String.join(" ", Paragraph.of(text, 60).stream().map(String::strip).toList()))
        .isEqualTo(text);
    assertThat(Paragraph.of(text, 0)).containsExactly(text);
  }

  @Test
  void completionPrintsBashScript() {
    assertThat(ringfence("completion").out()).contains("complete -F", "ringfence");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "frobnicate | frobnicate",
        "rnu -- ls | did you mean run",
        "policy shwo | did you mean show",
        "run --polic x -- ls | did you mean --policy",
        "help runn | command 'runn' is not known; did you mean run",
        "help frobnicate | command 'frobnicate' is not known",
        "policy show nosuch | argument 'nosuch' is not known",
        "run -p maven,,npm -- x | commas",
        "run --allow-host https://me@example.org/x -- x | example.org:443",
        "check http://[::1]/ | [::1]:80",
        "run --deny :home/*.key -- x | a glob without specials",
        "run --audit /no/such/dir/log -- x | cannot write the audit log /no/such/dir/log: there is no directory",
        "verify -o /no/such/dir/r FW | cannot write the report /no/such/dir/r: there is no directory",
        "run | COMMAND",
        "run --frob -- x | --frob",
        "run --limit memory=x -- x | --limit memory",
        "run --limit frob=1 -- x | memory=",
        "run --timeout 5 -- x | 5s",
        "run --env =x -- x | NAME=VALUE",
        "run --policy no-such -- x | read-only",
        "run --policy /no/such.json -- x | cannot read the policy /no/such.json: there is no directory /no",
        "policy validate /such.json | cannot read the policy /such.json: there is no such file",
        "run --backend no-such -- x | landlock",
        "run --network sometimes -- x | ringfence: --network: 'sometimes' is not valid; use one of none, allowlist, full",
        "doctor --recommend agnt | ringfence: --recommend: 'agnt' is not valid; use one of agent, build",
        "completion tcsh | ringfence: SHELL: 'tcsh' is not valid; use one of bash, zsh, fish, powershell",
        "run --review=x -- x | ringfence: --review: 'x' is not valid; use it without a value",
        "verify --jobs many | ringfence: --jobs: 'many' is not valid; use a whole number",
        "verify --first-run FW- | CASE: 'FW-' is not valid; use no case beside --first-run",
        "verify --first-run --format html | --format: 'html' is not valid; use no format beside --first-run",
        "run --write ~/no/such -- x | --write: '~/no/such' is not valid; use a path that exists",
        "run --read :home/no/such -- x | --read: ':home/no/such' is not valid; use a path that exists",
        "run --write :workspace/no/such -- x | --write: ':workspace/no/such' is not valid",
        "run -C /no/such/dir -- x | /no/such/dir",
        "run --write /etc --deny /etc -- x | one rule for a path",
        "run --write /no/such/path -- x | nothing is there",
        "run --write no/such -- x | --write: 'no/such' is not valid; use a path that exists",
        "run --read /no/such -- x | --read: '/no/such'",
        "run --audit - -- x | --audit: '-' is not valid; use a file",
        "run --json - -- x | /dev/fd/3",
        "run --report - -- x | --report has no value",
        "check example.org:99999 | 1 to 65535",
        "plan --backend no-such | landlock",
        "verify --format morse | text, json, junit, html",
      })
  void mistakeIsReportedInOneLine(String arguments, String named) {
    assertOneLineError(named, arguments.split(" "));
  }

  @Test
  void blankOrEmptyArgumentIsAMistake() {
    assertOneLineError("--env: 'A B' is not valid; use NAME", "run", "--env", "A B", "--", "x");
    assertOneLineError("--env: '' is not valid", "run", "--env", "", "--", "x");
    assertOneLineError("check: '' is not valid; use a path or a host", "check", "");
    assertOneLineError("--deny: '' is not valid", "run", "--deny", "", "--", "x");
  }

  @Test
  void ruleThatGrantsNothingCausesWarning(@TempDir Path directory) throws Exception {
    Path policy = directory.resolve("p.json");
    String rule = "{\"access\": \"write\", \"missing\": \"skip\"}";
    Files.writeString(
        policy,
        "{\"extends\": [\"workspace-write\", \"maven\"], \"files\": {\"rules\": {\"/no/such\": "
            + rule
            + ", \"/etc\": \"read\"}}}");
    String warning = "warning: files.rules /no/such: write grants nothing: there is no /no/such";
    Result validated = ringfence("policy", "validate", policy.toString());
    assertThat(validated.exit()).isZero();
    assertThat(validated.err()).contains(warning).hasLineCount(1);
    assertThat(ringfence("plan", "-p", policy.toString(), "-C", directory.toString()).err())
        .contains(warning);
    Files.writeString(policy, "{\"network\": {\"allow\": [\"a.test:443\"]}}");
    assertThat(ringfence("policy", "validate", policy.toString()).err())
        .contains("warning: network.allow grants nothing");
    Files.writeString(
        policy, "{\"network\": {\"mode\": \"allowlist\", \"allow\": [\"a.test:443\"]}}");
    assertThat(ringfence("policy", "validate", policy.toString()).err()).isEmpty();
  }

  private static void assertOneLineError(String named, String... arguments) {
    Result result = ringfence(arguments);
    assertThat(result.exit()).isEqualTo(ExitCode.OWN_FAILURE);
    assertThat(result.err().strip()).startsWith("ringfence: ").contains(named);
    assertThat(result.err().strip().lines()).hasSize(1);
    assertThat(result.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "--timeout, 0s, a duration above 0",
    "--timeout, soon, a duration with its unit",
    "--limit, memory=0, a number above 0",
    "--limit, cpu=0s, a duration above 0",
    "--limit, file-size=x, a size",
    "--limit, files=-1, a number above 0",
    "--limit, nosuch=1, memory=",
    "--allow-host, a.test:99999, a port from 1 to 65535",
    "--publish, x, a port",
    "--read, :nosuch, one of :workspace",
    "--deny, ~x, an absolute path",
    "--policy, nosuch, one of read-only",
    "--policy, 'maven,nosuch', one of read-only",
    "--best-effort, nosuch, one of files"
  })
  void errorNamesTheOptionAndTheValidForm(String option, String value, String use) {
    Result result = ringfence("plan", option, value);
    assertThat(result.exit()).isEqualTo(ExitCode.OWN_FAILURE);
    String said = result.err().replaceAll("\\s+", " ");
    assertThat(said).startsWith("ringfence: " + option).contains("is not valid; use " + use);
    assertThat(said.substring(0, said.indexOf(" is not valid")))
        .endsWith("'" + value.replaceFirst("^(maven,|(memory|cpu|file-size|files)=)", "") + "'");
  }

  @Test
  void ruleThatAnotherRuleDeniesCausesWarning(@TempDir Path directory) throws Exception {
    Path kept = Files.createDirectory(directory.toRealPath().resolve("kept"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), kept);
    String deny = "{\"files\": {\"rules\": {\"" + link + "\": \"none\"}}}";
    Result plan =
        ringfence("plan", "-C", directory.toString(), "-p", deny, "--read", kept.toString());
    assertThat(plan.err()).contains("warning: ", kept + ": read grants nothing: ", "denies it");
    Result fine = ringfence("plan", "-C", directory.toString(), "--read", kept.toString());
    assertThat(fine.err()).isEmpty();
    Path policy = directory.resolve("policy.json");
    Files.writeString(
        policy,
        "{\"extends\": [\"read-only\"], \"files\": {\"rules\": {\"/no/such\": {\"access\": \"read\","
            + " \"missing\": \"skip\"}}}}");
    var tree = JsonText.read(ringfence("policy", "validate", "--json", policy.toString()).out());
    assertThat(tree).containsEntry("valid", true);
    assertThat((List<Object>) tree.get("warnings"))
        .singleElement()
        .asString()
        .contains("/no/such: read grants nothing");
  }
}
