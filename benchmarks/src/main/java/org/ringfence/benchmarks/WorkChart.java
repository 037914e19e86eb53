package org.ringfence.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Draws ratios as bars on a logarithmic scale, in SVG for light and dark pages. */
final class WorkChart {
  private static final int LEFT = 190;
  private static final int WIDTH = 760;
  private static final int TOP = 56;
  private static final int BAR = 9;
  private static final int GAP = 12;
  private static final double LARGEST = 16;
  private static final double SMALLEST = 0.8;
  private static final String STYLE =
      "<style>text{font:12px system-ui,sans-serif;fill:#1f2328}.grid{stroke:#d1d9e0}"
          + ".c0{fill:#8c959f}.c1{fill:#0969da}.c2{fill:#1a7f37}.c3{fill:#bc4c00}.c4{fill:#8250df}"
          + ".c5{fill:#bf3989}@media(prefers-color-scheme:dark){text{fill:#e6edf3}"
          + ".grid{stroke:#3d444d}.c0{fill:#9198a1}.c1{fill:#4493f8}.c2{fill:#3fb950}"
          + ".c3{fill:#db6d28}.c4{fill:#a371f7}.c5{fill:#db61a2}}</style>";

  private WorkChart() {}

  /**
   * Draws a chart.
   *
   * @param places the names of the places
   * @param figures for each work a first number that is not drawn, and a ratio for each place
   * @return the file's content
   */
  static String of(List<String> places, Map<String, double[]> figures) {
    int group = places.size() * BAR + GAP;
    int height = TOP + figures.size() * group + 8;
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\">%n"
                + "<title>Time inside against outside</title>%n%s%n",
            WIDTH,
            height,
            STYLE));
    svg.append("<text x=\"8\" y=\"16\">Time inside against outside, 1 is outside</text>\n");
    int x = 8;
    for (int i = 0; i < places.size(); i++) {
      svg.append(bar(i, x, 24, 10)).append(text(x + 14, 33, places.get(i)));
      x += 26 + 7 * places.get(i).length();
    }
    for (int tick : new int[] {1, 2, 4, 8, 16}) {
      double at = at(tick);
      svg.append(
          String.format(
              Locale.ROOT,
              "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>%n",
              at,
              at,
              TOP - 4,
              height - 8));
      svg.append(text(at - 3, TOP - 8, String.valueOf(tick)));
    }
    int y = TOP;
    for (Map.Entry<String, double[]> work : figures.entrySet()) {
      svg.append(text(8, y + group / 2.0, work.getKey()));
      for (int i = 0; i < places.size(); i++) {
        double ratio = work.getValue()[i + 1];
        if (!Double.isNaN(ratio)) {
          double end = at(Math.min(LARGEST, Math.max(SMALLEST, ratio)));
          svg.append(bar(i, LEFT, y + i * BAR, end - LEFT));
        }
      }
      y += group;
    }
    return svg.append("</svg>\n").toString();
  }

  private static double at(double ratio) {
    return LEFT + (WIDTH - LEFT - 16) * Math.log(ratio / SMALLEST) / Math.log(LARGEST / SMALLEST);
  }

  private static String bar(int place, double x, double y, double width) {
    return String.format(
        Locale.ROOT,
        "<rect class=\"c%d\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>%n",
        place,
        x,
        y,
        width,
        BAR - 1);
  }

  private static String text(double x, double y, String text) {
    return String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\">%s</text>%n", x, y, text);
  }
}
