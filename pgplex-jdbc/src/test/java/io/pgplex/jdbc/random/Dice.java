package io.pgplex.jdbc.random;

import java.util.List;
import java.util.Random;

/** Chance, from a seed. Confined to one thread. */
final class Dice {
    private final Random random;

    Dice(long seed) {
        // neighbouring seeds begin alike in java.util.Random
        random = new Random(seed * 0x9E3779B97F4A7C15L ^ seed >>> 29);
    }

    /** 0 to {@code bound - 1}. */
    int below(int bound) {
        return random.nextInt(bound);
    }

    int between(int least, int most) {
        return least + random.nextInt(most - least + 1);
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    final <T> T one(T... values) {
        return values[random.nextInt(values.length)];
    }

    <T> T one(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    /** A place, where each has a weight. */
    int weighted(int... weights) {
        int sum = 0;
        for (int weight : weights) {
            sum += weight;
        }
        int left = random.nextInt(sum);
        int place = 0;
        while (left >= weights[place]) {
            left -= weights[place++];
        }
        return place;
    }
}
