package org.ringfence.windows.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.instancio.junit.InstancioExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.ringfence.property.Inputs;
import org.ringfence.property.Property;

@ExtendWith(InstancioExtension.class)
class CommandLineTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "plain | plain",
        "two words | \"two words\"",
        "^^ | \"\"",
        "a\"b | \"a\\\"b\"",
        "back\\slash | back\\slash",
        "C:\\dir\\ | C:\\dir\\",
        "C:\\my dir\\ | \"C:\\my dir\\\\\"",
        "a\\\"b | \"a\\\\\\\"b\"",
        "a\\\\ b | \"a\\\\ b\"",
        "%PATH% | %PATH%"
      })
  void argumentsAreQuotedForWindows(String argument, String quoted) {
    assertThat(CommandLine.of(List.of("p", argument))).isEqualTo("\"p\" " + quoted);
  }

  @Test
  void quotedArgumentsSplitIntoTheSameWords() {
    Property.forAll(
        Inputs.lists(Inputs.strings("ab \\\"\t\n%^&\u00e9", 0, 12), 0, 5),
        arguments -> {
          List<String> command = new ArrayList<>(List.of("C:\\Program Files\\tool.exe"));
          command.addAll(arguments);
          assertThat(argv(CommandLine.of(command))).isEqualTo(command);
        });
  }

  /**
   * Splits a line as CommandLineToArgvW is documented: 2n backslashes before a quotation mark
   * become n, and so on.
   */
  private static List<String> argv(String line) {
    List<String> argv = new ArrayList<>();
    int close = line.indexOf('"', 1);
    argv.add(line.substring(1, close));
    int i = close + 1;
    while (i < line.length()) {
      while (i < line.length() && (line.charAt(i) == ' ' || line.charAt(i) == '\t')) {
        i++;
      }
      if (i == line.length()) {
        break;
      }
      StringBuilder word = new StringBuilder();
      boolean quoted = false;
      for (; i < line.length(); i++) {
        int backslashes = 0;
        while (i < line.length() && line.charAt(i) == '\\') {
          backslashes++;
          i++;
        }
        boolean mark = i < line.length() && line.charAt(i) == '"';
        word.append("\\".repeat(mark ? backslashes / 2 : backslashes));
        if (mark && backslashes % 2 == 0) {
          quoted = !quoted;
        } else if (i < line.length()
            && !quoted
            && (line.charAt(i) == ' ' || line.charAt(i) == '\t')) {
          break;
        } else if (i < line.length()) {
          word.append(line.charAt(i));
        }
      }
      argv.add(word.toString());
    }
    return argv;
  }

  @ParameterizedTest
  @ValueSource(strings = {"x.bat", "X.CMD", "x.bat.", "x.cmd ", "C:\\d\\x.Bat. . "})
  void batchFileNamesAreRecognized(String program) {
    assertThat(CommandLine.isBatchFile(program)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"x.exe", "bat", "x.bat.exe", "cmd"})
  void otherProgramsAreNotBatchFiles(String program) {
    assertThat(CommandLine.isBatchFile(program)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\"b", "%PATH%", "!x!", "a\rb", "a\nb", "a\0b"})
  void argumentsThatCmdWouldInterpretAreRefused(String argument) {
    assertThatThrownBy(() -> CommandLine.ofBatchFile("C:\\cmd.exe", List.of("x.bat", argument)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cmd.exe would interpret");
    assertThat(CommandLine.ofBatchFile("C:\\cmd.exe", List.of("x.bat", "a & b")))
        .isEqualTo("\"C:\\cmd.exe\" /d /e:on /v:off /s /c \"\"x.bat\" \"a & b\"\"");
  }

  /** A batch file passes its words on, to programs that split them as Windows does. */
  @Test
  void backslashesAtTheEndOfABatchFilesArgumentStayInIt() {
    String line =
        CommandLine.ofBatchFile("C:\\cmd.exe", List.of("x.bat", "C:\\dir\\", "a\\b", "\\\\"));
    String words = line.substring(line.indexOf("x.bat\"") + "x.bat\"".length(), line.length() - 1);
    assertThat(words).isEqualTo(" \"C:\\dir\\\\\" \"a\\b\" \"\\\\\\\\\"");
  }

  @ParameterizedTest
  @ValueSource(ints = {32_760, 40_000})
  void tooLongCommandLineIsRefused(int length) {
    assertThatThrownBy(() -> CommandLine.of(List.of("tool", "x".repeat(length))))
        .hasMessageContaining("at most 32766 characters");
  }
}
