package org.ringfence.cli.imports;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.ringfence.cli.imports.Unsaid.Effect;
import org.ringfence.policy.Access;

/**
 * Four lists of paths, as sandbox-runtime and Claude Code have them, as rules: a denial to write
 * wins over each grant, and a grant to read wins over a denial for the same path. In a policy the
 * most specific rule decides. Not thread-safe.
 */
final class SettingsPaths {
  private record Entry(String field, String path) {}

  private final PolicyDraft draft;
  private final List<Entry> written = new ArrayList<>();
  private final List<Entry> unwritten = new ArrayList<>();
  private final List<Entry> read = new ArrayList<>();
  private final List<Entry> unread = new ArrayList<>();

  SettingsPaths(PolicyDraft draft) {
    this.draft = draft;
  }

  void allowWrite(String field, String path) {
    grant(written, field, path);
  }

  void allowRead(String field, String path) {
    grant(read, field, path);
  }

  void denyWrite(String field, String path) {
    deny(unwritten, field, path, false);
  }

  void denyRead(String field, String path) {
    deny(unread, field, path, true);
  }

  private void grant(List<Entry> entries, String field, String path) {
    String plain = withoutTail(path);
    if (PolicyDraft.isGlob(plain)) {
      draft.unsaid(
          field, Effect.STRICTER, "'" + path + "' is not granted: no rule grants by a glob");
    } else {
      entries.add(new Entry(field, PolicyDraft.path(plain)));
    }
  }

  private void deny(List<Entry> entries, String field, String path, boolean reading) {
    String plain = withoutTail(path);
    if (PolicyDraft.isGlob(plain)) {
      draft.glob(field, plain, reading);
    } else {
      entries.add(new Entry(field, PolicyDraft.path(plain)));
    }
  }

  /** All below a directory is the directory in a policy. */
  private static String withoutTail(String path) {
    return path.endsWith("/**") && path.length() > 3 ? path.substring(0, path.length() - 3) : path;
  }

  /** Writes the rules into the draft. */
  void finish() {
    for (Entry each : written) {
      if (isBelow(unwritten, each.path())) {
        continue;
      }
      if (isReadable(each.path())) {
        draft.rule(each.path(), Access.WRITE);
      } else {
        draft.unsaid(
            each.field(), Effect.STRICTER, each.path() + " is not written: it may not be read");
      }
    }
    for (Entry each : read) {
      if (isBelow(unread, each.path()) && isReadable(each.path())) {
        draft.rule(each.path(), isWritable(each.path()) ? Access.WRITE : Access.READ);
      }
    }
    for (Entry each : unwritten) {
      draft.rule(each.path(), isReadable(each.path()) ? Access.READ : Access.NONE);
    }
    for (Entry each : unread) {
      if (!isReadable(each.path())) {
        draft.rule(each.path(), Access.NONE);
        if (isWritable(each.path())) {
          draft.unsaid(each.field(), Effect.STRICTER, each.path() + " is not written either");
        }
      }
    }
  }

  private boolean isWritable(String path) {
    return isBelow(written, path) && !isBelow(unwritten, path);
  }

  private boolean isBelow(List<Entry> entries, String path) {
    return entries.stream().anyMatch(each -> draft.isAtOrBelow(path, each.path()));
  }

  /** Returns whether the nearest entry about reading grants it; the grant wins a tie. */
  private boolean isReadable(String path) {
    return depth(read, path) >= depth(unread, path);
  }

  private int depth(List<Entry> entries, String path) {
    Optional<Integer> deepest =
        entries.stream()
            .filter(each -> draft.isAtOrBelow(path, each.path()))
            .map(each -> draft.place(each.path()).length())
            .max(Comparator.naturalOrder());
    return deepest.orElse(0);
  }
}
