package org.ringfence.cli.start;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntBinaryOperator;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;

/** Lambda expressions and method references of each kind, with their results. */
public final class LambdaExpressions implements Callable<List<Object>> {
  private interface Named {
    default Supplier<String> name() {
      return this::own;
    }

    private String own() {
      return "an interface's private method";
    }
  }

  private static final class Base implements Named {
    private final long start;

    private Base(long start) {
      this.start = start;
    }

    private long plus(int more) {
      return start + more;
    }

    final class Inner {
      Supplier<Long> both(int more) {
        return () -> start + more;
      }
    }
  }

  private record Values(
      boolean flag,
      byte small,
      short less,
      char letter,
      int number,
      long wide,
      float single,
      double twice,
      String text,
      int[] array) {}

  private record Nothing() {}

  private record Own(int number) {
    @Override
    public String toString() {
      return "own";
    }
  }

  /** Called by reflection, since another loader defines the copy. */
  public LambdaExpressions() {}

  @Override
  public List<Object> call() {
    List<Object> results = new ArrayList<>();
    long wide = 1L << 40;
    double half = 0.5;
    Supplier<Object> capturing = () -> wide + half;
    results.add(capturing.get());
    IntBinaryOperator primitives = (a, b) -> a * b;
    results.add(primitives.applyAsInt(6, 7));
    IntBinaryOperator statics = Math::max;
    results.add(statics.applyAsInt(3, 9));
    Function<Long, Base> constructor = Base::new;
    Base base = constructor.apply(5L);
    ToLongFunction<Integer> widened = base::plus;
    results.add(widened.applyAsLong(2));
    BiFunction<Base, Integer, Long> unbound = Base::plus;
    results.add(unbound.apply(base, 3));
    results.add(base.new Inner().both(4).get());
    results.add(base.name().get());
    IntFunction<int[]> array = int[]::new;
    results.add(array.apply(3).length);
    UnaryOperator<String> generic = String::trim;
    results.add(generic.apply(" text "));
    List<String> collected = new ArrayList<>();
    // The value that the method returns is dropped.
    List.of("b", "a").forEach(collected::add);
    collected.sort(String::compareTo);
    results.add(collected);
    LongSupplier unboxed = Integer.valueOf(8)::longValue;
    results.add(unboxed.getAsLong());
    Supplier<Supplier<Object>> nested = () -> () -> results.size();
    results.add(nested.get().get());
    results.add(((Supplier<String> & Serializable) () -> "serializable").get());
    records(results);
    return results;
  }

  private static void records(List<Object> results) {
    int[] none = {};
    Values one = values(true, "text", none, Double.NaN);
    results.add(one.hashCode() - System.identityHashCode(none));
    results.add(one.toString().replaceAll("\\[I@.*", "array"));
    results.add(one.equals(values(true, "text", none, Double.NaN)));
    results.add(one.equals(values(true, "other", none, Double.NaN)));
    results.add(one.equals(values(true, null, none, Double.NaN)));
    results.add(one.equals(values(false, "text", none, Double.NaN)));
    results.add(one.equals(values(true, "text", none, 0)));
    results.add(one.equals(values(true, "text", new int[0], Double.NaN)));
    results.add(values(true, null, null, 0).equals(values(true, null, null, -0.0)));
    results.add(values(true, null, null, -0.0).hashCode());
    results.add(values(true, null, null, -0.0).toString());
    results.add(one.equals(null));
    results.add(new Nothing().equals(one));
    results.add(new Nothing().equals(new Nothing()));
    results.add(new Nothing().hashCode());
    results.add(new Nothing().toString());
    results.add(new Own(3).toString() + new Own(3).hashCode() + new Own(3).equals(new Own(4)));
  }

  private static Values values(boolean flag, String text, int[] array, double twice) {
    return new Values(flag, (byte) -1, (short) -2, 'c', 4, 1L << 40, -0.0f, twice, text, array);
  }
}
