package org.ringfence.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Compares work inside sandboxes with the same work outside. Each round does it once in each place,
 * in another order; a figure is the median of the rounds' ratios. The clock runs around the work
 * alone: the start of a sandbox is another figure.
 */
public final class WorkFigures {
  private WorkFigures() {}

  /**
   * Runs the measurements, and prints a table in Markdown.
   *
   * @param args the number of rounds, and optionally a file for a chart
   * @throws Exception if anything fails
   */
  public static void main(String[] args) throws Exception {
    int rounds = Integer.parseInt(args[0]);
    Path directory = Files.createTempDirectory("ringfence-work-").toRealPath();
    try {
      Path workspace = Files.createDirectory(directory.resolve("workspace"));
      WorkPlace outside = WorkPlace.all(workspace).get(0);
      if (!outside.output(workspace, "( " + FileWork.INPUTS + " ) && echo made").equals("made")) {
        throw new IOException("the inputs could not be made");
      }
      List<WorkPlace> places = WorkPlace.all(workspace);
      Map<String, double[]> figures = new LinkedHashMap<>();
      System.out.println("Load before: " + load() + ", rounds: " + rounds);
      System.out.println();
      System.out.println(
          "| work | outside, ms | "
              + String.join(" | ", places.stream().skip(1).map(WorkPlace::name).toList())
              + " |");
      System.out.println("|---".repeat(places.size() + 1) + "|");
      for (FileWork workload : FileWork.all()) {
        if (workload.needs().stream().allMatch(WorkPlace::isInstalled)) {
          double[] ratios = measure(workload, places, workspace, rounds);
          figures.put(workload.name(), ratios);
          System.out.println(row(workload.name(), ratios));
        }
      }
      System.out.println();
      System.out.println("Load after: " + load());
      if (args.length > 1) {
        Files.writeString(
            Path.of(args[1]),
            WorkChart.of(places.stream().skip(1).map(WorkPlace::name).toList(), figures));
      }
    } finally {
      delete(directory);
    }
  }

  /** Returns the median time outside in milliseconds, and each other place's ratio to it. */
  private static double[] measure(
      FileWork workload, List<WorkPlace> places, Path workspace, int rounds) throws Exception {
    int count = places.size();
    double[][] times = new double[count][rounds];
    // The first round warms caches.
    for (int round = -1; round < rounds; round++) {
      for (int i = 0; i < count; i++) {
        int place = (i + Math.max(round, 0)) % count;
        places.get(0).output(workspace, workload.prepare());
        double time = time(workload, places.get(place), workspace);
        if (round >= 0) {
          times[place][round] = time;
        }
      }
    }
    double[] figures = new double[count];
    figures[0] = median(times[0]);
    for (int place = 1; place < count; place++) {
      double[] ratios = new double[rounds];
      for (int round = 0; round < rounds; round++) {
        ratios[round] = times[place][round] / times[0][round];
      }
      figures[place] = median(ratios);
    }
    return figures;
  }

  private static double time(FileWork workload, WorkPlace place, Path workspace) throws Exception {
    String[] words = place.output(workspace, workload.timed()).split(" ");
    if (words.length != 2 || !words[1].equals("0")) {
      // A program that cannot do the work has no figure.
      return Double.NaN;
    }
    return Long.parseLong(words[0]) / 1e6;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static String row(String name, double[] figures) {
    List<String> cells = new ArrayList<>();
    for (int i = 0; i < figures.length; i++) {
      cells.add(
          Double.isNaN(figures[i])
              ? "fails"
              : String.format(Locale.ROOT, i == 0 ? "%.0f" : "%.2f", figures[i]));
    }
    return "| " + name + " | " + String.join(" | ", cells) + " |";
  }

  private static String load() throws IOException {
    return Files.readString(Path.of("/proc/loadavg")).split(" ")[0];
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
