package org.ringfence.review;

import java.io.IOException;
import java.util.List;

/** The workspace has been changed where the command has changed its copy. */
public final class ReviewConflictException extends IOException {
  private static final long serialVersionUID = 1L;

  ReviewConflictException(List<Change> conflicts) {
    super(
        "review: changed in the workspace meanwhile: "
            + String.join(
                ", ", conflicts.stream().limit(10).map(change -> change.path().toString()).toList())
            + (conflicts.size() > 10 ? " and " + (conflicts.size() - 10) + " more" : "")
            + "; nothing was committed");
  }
}
