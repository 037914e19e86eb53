package org.ringfence;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Java examples in the README, the docs and the Javadoc compile. */
class ReadmeSnippetTest {
  private static final Pattern SNIPPET = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern IN_JAVADOC =
      Pattern.compile("<pre>\\{@code\n(.*?)\\* \\}</pre>", Pattern.DOTALL);

  @TempDir private Path classes;

  private static Path project() {
    Path here = Path.of("").toAbsolutePath();
    return Files.exists(here.resolve("README.md")) ? here : here.getParent();
  }

  private void assertCompiles(String snippet) {
    String source =
        "import java.nio.file.Path;\n"
            + "import java.time.Duration;\n"
            + "import org.ringfence.*;\n"
            + "import org.ringfence.event.*;\n"
            + "import org.ringfence.policy.*;\n"
            + "import org.ringfence.policy.json.Presets;\n"
            + "import org.ringfence.policy.value.*;\n"
            + "class Snippet { void run() throws Exception {\n"
            + snippet
            + "}}\n";
    JavaFileObject file =
        new SimpleJavaFileObject(URI.create("string:///Snippet.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreErrors) {
            return source;
          }
        };
    DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
    ToolProvider.getSystemJavaCompiler()
        .getTask(
            null,
            null,
            problems,
            List.of(
                "-proc:none",
                "-d",
                classes.toString(),
                "-cp",
                System.getProperty("java.class.path")),
            null,
            List.of(file))
        .call();
    assertThat(problems.getDiagnostics())
        .filteredOn(problem -> problem.getKind() == Diagnostic.Kind.ERROR)
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"README.md", "docs/java.md", "docs/getting-started.md", "docs/cookbook.md"})
  void pageExamplesCompileAndTheFirstCallsRun(String page) throws Exception {
    // ModulePathTest compiles and runs a module with such a declaration.
    List<String> statements =
        SNIPPET
            .matcher(Files.readString(project().resolve(page)))
            .results()
            .map(snippet -> snippet.group(1))
            .filter(snippet -> !snippet.startsWith("module "))
            .toList();
    assertThat(statements).isNotEmpty();
    assertThat(statements.get(0)).contains(".run()");
    statements.forEach(this::assertCompiles);
  }

  @Test
  void javadocExamplesCompileAndCallRun() throws Exception {
    for (String file : List.of("package-info.java", "Sandbox.java")) {
      Path source = project().resolve("api/src/main/java/org/ringfence").resolve(file);
      Matcher snippet = IN_JAVADOC.matcher(Files.readString(source));
      assertThat(snippet.find()).as(file).isTrue();
      assertThat(snippet.group(1)).contains(".run()");
      assertCompiles(snippet.group(1).replaceAll("(?m)^ \\*", ""));
    }
  }
}
