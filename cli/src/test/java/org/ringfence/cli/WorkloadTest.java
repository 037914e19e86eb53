package org.ringfence.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.ringfence.Backends;
import org.ringfence.spi.SandboxBackend;

class WorkloadTest {
  @ParameterizedTest
  @EnumSource(Workload.class)
  void everyRecommendedBackendExistsAndHasAReason(Workload workload) throws Exception {
    Set<String> known =
        Backends.load().all().stream().map(SandboxBackend::id).collect(Collectors.toSet());
    assertThat(known).containsAll(workload.backends());
    assertThat(workload.backends())
        .doesNotHaveDuplicates()
        .allSatisfy(id -> assertThat(workload.reason(id)).isNotEmpty());
    assertThat(workload.otherwise()).isNotEmpty();
    // The table in the documentation lists the same backends in the same order.
    String rubric = Files.readString(Path.of("..", "docs", "choosing.md"));
    List<String> row =
        rubric.lines().filter(line -> line.startsWith("| `" + workload + "` |")).toList();
    assertThat(row).hasSize(1);
    int at = 0;
    for (String id : workload.backends()) {
      int next = row.get(0).indexOf("`" + id + "`", at);
      assertThat(next).as("%s for %s", id, workload).isGreaterThan(0);
      at = next;
    }
  }
}
