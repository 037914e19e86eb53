package org.ringfence.kit.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.ringfence.kit.stdio.StdioPlan.Connection;
import org.ringfence.kit.stdio.StdioPlan.Stream;

class StdioPlanTest {
  private static final File FILE = new File("some", "file");

  private static StdioPlan plan(Redirect input, Redirect output, Redirect error) {
    return StdioPlan.of(List.of(input, output, error), false, false, Set.of());
  }

  private static Stream plain(Connection connection) {
    return new Stream(connection, Optional.empty(), false);
  }

  private static Stream file(Connection connection, boolean counted) {
    return new Stream(connection, Optional.of(FILE), counted);
  }

  @Test
  void pipesAndInheritedStreamsHaveNoFile() {
    assertThat(plan(Redirect.PIPE, Redirect.INHERIT, Redirect.PIPE))
        .isEqualTo(
            new StdioPlan(
                plain(Connection.PIPE), plain(Connection.INHERIT), plain(Connection.PIPE)));
  }

  @Test
  void filesAreReadWrittenAndAppendedTo() {
    assertThat(plan(Redirect.from(FILE), Redirect.to(FILE), Redirect.appendTo(FILE)))
        .isEqualTo(
            new StdioPlan(
                file(Connection.READ, false),
                file(Connection.WRITE, false),
                file(Connection.APPEND, false)));
  }

  @Test
  void discardedOutputNamesNoFileOfThisSystem() {
    assertThat(plan(Redirect.PIPE, Redirect.DISCARD, Redirect.DISCARD))
        .isEqualTo(
            new StdioPlan(
                plain(Connection.PIPE), plain(Connection.DISCARD), plain(Connection.DISCARD)));
  }

  @Test
  void mergedErrorIgnoresItsOwnRedirection() {
    StdioPlan plan =
        StdioPlan.of(
            List.of(Redirect.PIPE, Redirect.to(FILE), Redirect.appendTo(FILE)),
            true,
            true,
            Set.of());
    assertThat(plan.error()).isEqualTo(plain(Connection.MERGE));
    assertThat(plan.output()).isEqualTo(file(Connection.WRITE, true));
  }

  @Test
  void limitedOutputIsCountedOnItsWay() {
    StdioPlan plan =
        StdioPlan.of(
            List.of(Redirect.from(FILE), Redirect.appendTo(FILE), Redirect.INHERIT),
            false,
            true,
            Set.of());
    assertThat(plan)
        .isEqualTo(
            new StdioPlan(
                file(Connection.READ, false),
                file(Connection.APPEND, true),
                new Stream(Connection.INHERIT, Optional.empty(), true)));
  }

  @Test
  void pipesOfTheCallerAreCountedByTheirReader() {
    StdioPlan plan =
        StdioPlan.of(List.of(Redirect.PIPE, Redirect.PIPE, Redirect.PIPE), false, true, Set.of());
    assertThat(plan.output()).isEqualTo(plain(Connection.PIPE));
  }

  @Test
  void closedStreamsOfThisJvmAreNotInherited() {
    StdioPlan plan =
        StdioPlan.of(
            List.of(Redirect.INHERIT, Redirect.INHERIT, Redirect.INHERIT),
            false,
            true,
            Set.of(0, 2));
    assertThat(plan)
        .isEqualTo(
            new StdioPlan(
                plain(Connection.DISCARD),
                new Stream(Connection.INHERIT, Optional.empty(), true),
                new Stream(Connection.DISCARD, Optional.empty(), true)));
  }

  @Test
  void onlyWaysToFilesHaveFiles() {
    assertThatThrownBy(() -> new Stream(Connection.PIPE, Optional.of(FILE), false))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Stream(Connection.READ, Optional.empty(), false))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
