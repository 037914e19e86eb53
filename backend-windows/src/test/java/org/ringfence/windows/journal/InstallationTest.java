package org.ringfence.windows.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.ringfence.windows.acl.Sid;
import org.ringfence.windows.journal.entry.GrantRecord;
import org.ringfence.windows.journal.entry.GrantRecord.Phase;

class InstallationTest {
  @TempDir private Path directory;
  private Installation installation;

  @BeforeEach
  void prepare() {
    installation = new Installation(directory.resolve("ringfence"));
  }

  private static GrantRecord record(String id) {
    return new GrantRecord(
        id,
        "C:\\a \"b\"\\é",
        -7,
        "0a0b",
        List.of(Sid.EVERYONE, Sid.SYSTEM),
        "D:AI(A;;FA;;;SY)",
        Phase.APPLYING,
        true,
        12,
        34);
  }

  @Test
  void recordIsReadAsItWasWritten() throws IOException {
    assertThat(installation.all()).isEmpty();
    installation.put(record("one"));
    installation.put(record("two"));
    installation.put(record("one").in(Phase.APPLIED).after("D:"));
    assertThat(installation.all())
        .containsExactly(record("one").in(Phase.APPLIED).after("D:"), record("two"));
    installation.remove(record("one"));
    installation.remove(record("one"));
    assertThat(installation.all()).containsExactly(record("two"));
  }

  @Test
  void unfinishedDraftIsNotARecord() throws IOException {
    installation.put(record("one"));
    Path journal = installation.directory().resolve("journal");
    Files.writeString(journal.resolve("two.draft"), "{\"versi");
    assertThat(installation.all()).containsExactly(record("one"));
    // A second attempt overwrites the draft.
    installation.put(record("two"));
    assertThat(installation.all()).hasSize(2);
  }

  @Test
  void unreadableRecordIsAnErrorThatNamesTheFile() throws IOException {
    Path journal = Files.createDirectories(installation.directory().resolve("journal"));
    for (String text : List.of("{", "{}", "{\"version\": 2}", "{\"version\": 1, \"id\": \"x\"}")) {
      Files.writeString(journal.resolve("x.json"), text);
      assertThatThrownBy(installation::all)
          .as(text)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("x.json");
    }
  }

  @Test
  void concurrentCallersGetTheSameSecret() throws Exception {
    Set<String> secrets = ConcurrentHashMap.newKeySet();
    List<Thread> threads =
        java.util.stream.IntStream.range(0, 8)
            .mapToObj(
                i ->
                    new Thread(
                        () -> {
                          try {
                            secrets.add(java.util.HexFormat.of().formatHex(installation.secret()));
                          } catch (IOException e) {
                            secrets.add(e.toString());
                          }
                        }))
            .toList();
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(secrets).hasSize(1);
    assertThat(secrets.iterator().next()).hasSize(64);
    try (var files = Files.list(installation.directory())) {
      assertThat(files).hasSize(1);
    }
    Files.writeString(installation.directory().resolve("secret"), "short");
    assertThatThrownBy(installation::secret).hasMessageContaining("has 5 bytes");
  }

  @Test
  void containerRecordsAreStoredAndBlockForgetting() throws IOException {
    ContainerRecord container = new ContainerRecord("ringfence-1", 5, 6);
    installation.put(container);
    Files.writeString(installation.directory().resolve("containers/ringfence-2"), "");
    assertThat(installation.containerRecords())
        .containsExactlyInAnyOrder(container, new ContainerRecord("ringfence-2", 0, 0));
    assertThatThrownBy(installation::forget).isInstanceOf(IllegalStateException.class);
    installation.remove(container);
    installation.remove(new ContainerRecord("ringfence-2", 0, 0));
    installation.secret();
    installation.forget();
    assertThat(installation.directory()).doesNotExist();
    installation.forget();
  }

  @Test
  void installationOfAUserLiesBelowLocalAppData() {
    assertThat(Installation.ofUser(Map.of())).isEmpty();
    assertThat(Installation.ofUser(Map.of("LOCALAPPDATA", "x")).orElseThrow().directory())
        .isEqualTo(Path.of("x", "ringfence"));
  }
}
