package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ringfence.Backends;
import org.ringfence.spi.BackendInfo;
import org.ringfence.spi.HostSystem;
import org.ringfence.spi.OtherMeans;
import org.ringfence.spi.SandboxBackend;
import org.ringfence.spi.Workload;

/** docs/choosing.md says about each backend what the backend says about itself. */
class ChoosingPageTest {
  private static final List<HostSystem> SYSTEMS =
      List.of(HostSystem.LINUX, HostSystem.MACOS, HostSystem.WINDOWS);

  private static List<BackendInfo> infos() throws IOException {
    return Backends.load().all().stream().map(SandboxBackend::info).toList();
  }

  private static List<String> page() throws IOException {
    return Files.readAllLines(Path.of("..", "docs", "choosing.md"));
  }

  private static List<String> cells(String row) {
    return Stream.of(row.split("\\|")).map(String::strip).skip(1).toList();
  }

  private static String codes(Stream<String> words) {
    return words.map(word -> "`" + word + "`").collect(Collectors.joining(", "));
  }

  @ParameterizedTest
  @EnumSource(Workload.class)
  void aWorkloadsRowListsTheBackendsOfEachSystemBestFirst(Workload workload) throws IOException {
    List<String> rows =
        page().stream().filter(line -> line.startsWith("| `" + workload + "` |")).toList();
    assertThat(rows).as("rows of %s", workload).hasSize(1);
    List<String> cells = cells(rows.get(0));
    assertThat(cells.get(1)).isEqualTo(workload.description());
    for (int i = 0; i < SYSTEMS.size(); i++) {
      HostSystem system = SYSTEMS.get(i);
      Stream<String> best =
          infos().stream()
              .filter(info -> info.system() == system && info.suitability(workload).isPresent())
              .sorted(BackendInfo.bestFor(workload))
              .map(BackendInfo::id);
      assertThat(cells.get(2 + i)).as("%s on %s", workload, system).isEqualTo(codes(best));
    }
  }

  @Test
  void theTableOfBackendsListsEachBackend() throws IOException {
    List<String> rows =
        infos().stream()
            .map(
                info ->
                    "| "
                        + codes(Stream.concat(Stream.of(info.id()), info.aliases().stream()))
                        + " | "
                        + info.system().title()
                        + " | "
                        + info.cost()
                        + " | "
                        + info.description()
                        + " |")
            .toList();
    List<String> page = page();
    int start = page.indexOf("| backend | system | cost | means |") + 2;
    assertThat(page.subList(start, end(page, start))).containsExactlyInAnyOrderElementsOf(rows);
  }

  private static int end(List<String> page, int start) {
    int end = start;
    while (end < page.size() && page.get(end).startsWith("|")) {
      end++;
    }
    return end;
  }

  @Test
  void theTableOfOtherMeansListsEachWithItsReason() throws IOException {
    List<String> page = page();
    int start = page.indexOf("| means | why no backend of its own |") + 2;
    assertThat(page.subList(start, end(page, start)))
        .hasSizeGreaterThan(3)
        .containsExactlyElementsOf(
            ServiceLoader.load(OtherMeans.class).stream()
                .flatMap(one -> one.get().all().stream())
                .map(means -> "| " + means.title() + " | " + means.reason() + " |")
                .toList());
  }

  @Test
  void everySuitabilityHasAReason() throws IOException {
    assertThat(infos())
        .hasSize(7)
        .allSatisfy(
            info ->
                assertThat(info.suitability().values())
                    .isNotEmpty()
                    .allSatisfy(one -> assertThat(one.reason()).isNotBlank()));
  }
}
