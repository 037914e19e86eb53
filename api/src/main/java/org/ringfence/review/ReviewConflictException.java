package org.ringfence.review;

import java.io.IOException;
import java.util.List;

/** Another program has changed the workspace where the command has changed its copy. */
public final class ReviewConflictException extends IOException {
  private static final long serialVersionUID = 1L;
  private static final int MOST = 10;

  ReviewConflictException(List<String> conflicts) {
    super(
        "review: changed in the workspace meanwhile: "
            + String.join(", ", conflicts.stream().limit(MOST).toList())
            + (conflicts.size() > MOST ? " and " + (conflicts.size() - MOST) + " more" : "")
            + "; nothing was committed");
  }
}
