package io.pgplex.quickstart;

/**
 * What the program is told on its command line.
 *
 * @param rows about how many rows the distributed tables get together
 * @param seed of the generated rows: equal seeds give equal rows
 * @param memory whether the cluster's metadata stay in this JVM even where an etcd can be had
 */
record Options(int rows, long seed, boolean memory) {
    static final Options DEFAULT = new Options(300_000, 42, false);
    static final int FEWEST_ROWS = 1_000;
    static final int MOST_ROWS = 100_000_000;
    static final String USAGE = """
            usage: Quickstart [--rows=300000] [--seed=42] [--memory]
              --rows=N    rows in the distributed tables, 1000 or more
              --seed=N    equal seeds give equal rows
              --memory    no etcd: the cluster's metadata live in this program""";

    Options {
        if (rows < FEWEST_ROWS || rows > MOST_ROWS) {
            throw new IllegalArgumentException("--rows must lie between " + FEWEST_ROWS + " and " + MOST_ROWS);
        }
    }

    /**
     * Reads a command line.
     *
     * @throws IllegalArgumentException for an unknown option or a value that is none
     */
    static Options parse(String... arguments) {
        Options options = DEFAULT;
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            String value = parts.length == 2 ? parts[1] : "";
            options = switch (parts[0]) {
                case "--rows" -> new Options((int) number(argument, value), options.seed, options.memory);
                case "--seed" -> new Options(options.rows, number(argument, value), options.memory);
                case "--memory" -> new Options(options.rows, options.seed, true);
                default -> throw new IllegalArgumentException("unknown option " + argument);
            };
        }
        return options;
    }

    private static long number(String argument, String value) {
        try {
            return argument.startsWith("--rows") ? Integer.parseInt(value) : Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a number: " + argument, e);
        }
    }
}
