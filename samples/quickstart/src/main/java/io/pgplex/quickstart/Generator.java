package io.pgplex.quickstart;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Rows of the order-entry schema. Each is computed from the seed and its own key alone, so that rows need not be kept and
 * every run, whatever its order, yields the same ones. Immutable.
 */
final class Generator {
    private static final List<String> COUNTRIES = List.of(
            "AT;Austria;Europe",
            "BR;Brazil;America",
            "CA;Canada;America",
            "CH;Switzerland;Europe",
            "CL;Chile;America",
            "DE;Germany;Europe",
            "EG;Egypt;Africa",
            "FR;France;Europe",
            "GH;Ghana;Africa",
            "IN;India;Asia",
            "IT;Italy;Europe",
            "JP;Japan;Asia",
            "KE;Kenya;Africa",
            "MX;Mexico;America",
            "NG;Nigeria;Africa",
            "NO;Norway;Europe",
            "NP;Nepal;Asia",
            "PL;Poland;Europe",
            "TR;Türkiye;Asia",
            "US;United States;America");
    private static final List<String> GIVEN = List.of(
            "Ada", "Ivo", "Zoë", "Łucja", "Émile", "Íñigo", "Nadia", "Omar", "Priya", "Ravi", "Şule", "Tove", "Yuki");
    private static final List<String> FAMILY = List.of(
            "Adeyemi",
            "Bianchi",
            "Çelik",
            "Dubois",
            "García",
            "Kimura",
            "Müller",
            "Nowak",
            "O'Neill",
            "Silva",
            "Thapa",
            "de la Cruz",
            "van Dijk",
            "Ødegård");
    private static final List<String> ADJECTIVES = List.of("plain", "red", "heavy", "small", "folding");
    private static final List<String> CATEGORIES = List.of("garden", "kitchen", "office", "travel");
    private static final List<String> NOUNS =
            List.of("lamp", "chair", "kettle", "bag", "clock", "knife", "pen", "table", "rake", "cup");
    private static final List<String> STATUSES = List.of("open", "paid", "shipped", "closed", "returned");
    private static final LocalDate BEGIN = LocalDate.of(2024, 1, 1);
    private static final int DAYS = 731;
    private static final int PRODUCTS = ADJECTIVES.size() * CATEGORIES.size() * NOUNS.size();

    /** Orders of one customer and lines of one order vary around 3: 13 rows for a customer. */
    private static final int ROWS_PER_CUSTOMER = 13;

    private static final int MOST_ORDERS = 6;
    private static final int MOST_LINES = 5;

    /** Order numbers are unique in the whole database; this leaves room for new ones. */
    private static final long ORDERS_APART = 100;

    private final long seed;
    private final long customers;

    Generator(int rows, long seed) {
        this.seed = seed;
        this.customers = Math.max(1, rows / ROWS_PER_CUSTOMER);
    }

    /** How many rows a table gets. */
    long count(String table) {
        return switch (table) {
            case "countries" -> COUNTRIES.size();
            case "products" -> PRODUCTS;
            case "customers" -> customers;
            case "orders" ->
                LongStream.rangeClosed(1, customers).map(this::ordersOf).sum();
            case "order_lines" ->
                orderKeys().mapToLong(key -> linesOf(key.get(1))).sum();
            default -> throw new IllegalArgumentException("there is no table " + table);
        };
    }

    /** The rows of a table, one list of column values each, in the order of the table's columns. */
    Stream<List<Object>> rows(String table) {
        return switch (table) {
            case "countries" -> COUNTRIES.stream().map(country -> List.of((Object[]) country.split(";")));
            case "products" -> IntStream.range(0, PRODUCTS).mapToObj(Generator::product);
            case "customers" -> LongStream.rangeClosed(1, customers).mapToObj(this::customer);
            case "orders" -> orderKeys().map(key -> order(key.get(0), key.get(1)));
            case "order_lines" ->
                orderKeys().flatMap(key -> IntStream.rangeClosed(1, linesOf(key.get(1)))
                        .mapToObj(line -> orderLine(key.get(0), key.get(1), line)));
            default -> throw new IllegalArgumentException("there is no table " + table);
        };
    }

    /** Customer and order number of every order. */
    private Stream<List<Long>> orderKeys() {
        return LongStream.rangeClosed(1, customers).boxed().flatMap(customer -> LongStream.rangeClosed(
                        1, ordersOf(customer))
                .mapToObj(order -> List.of(customer, customer * ORDERS_APART + order)));
    }

    /** From none to {@value #MOST_ORDERS}. */
    private int ordersOf(long customer) {
        return random(1, customer).nextInt(MOST_ORDERS + 1);
    }

    /** From one to {@value #MOST_LINES}. */
    private int linesOf(long order) {
        return 1 + random(2, order).nextInt(MOST_LINES);
    }

    private static List<Object> product(int number) {
        String category = CATEGORIES.get(number / (ADJECTIVES.size() * NOUNS.size()));
        String name = ADJECTIVES.get(number / NOUNS.size() % ADJECTIVES.size()) + " " + category + " "
                + NOUNS.get(number % NOUNS.size());
        return List.of(number + 1, name, category, cents(250 + number * 7919L % 20_000));
    }

    private List<Object> customer(long customer) {
        SplittableRandom random = random(3, customer);
        String country = pick(COUNTRIES, random).substring(0, 2);
        return List.of(
                customer,
                pick(GIVEN, random) + " " + pick(FAMILY, random),
                country,
                BEGIN.minusDays(random.nextInt(3 * DAYS)),
                cents(random.nextLong(100_000)));
    }

    private List<Object> order(long customer, long order) {
        SplittableRandom random = random(4, order);
        LocalDateTime placed =
                BEGIN.plusDays(random.nextInt(DAYS)).atStartOfDay().plusSeconds(random.nextInt(86_400));
        return List.of(customer, order, placed, pick(STATUSES, random));
    }

    private List<Object> orderLine(long customer, long order, int line) {
        SplittableRandom random = random(5, order * (MOST_LINES + 1) + line);
        int product = random.nextInt(PRODUCTS);
        // dearer or cheaper than the list price by up to a tenth
        long price = (250 + product * 7919L % 20_000) * (90 + random.nextInt(21)) / 100;
        return List.of(customer, order, line, product + 1, 1 + random.nextInt(9), cents(price));
    }

    private SplittableRandom random(int purpose, long key) {
        return new SplittableRandom(seed * 1_000_003 + purpose + key * 0x9E3779B97F4A7C15L);
    }

    private static String pick(List<String> values, SplittableRandom random) {
        return values.get(random.nextInt(values.size()));
    }

    private static BigDecimal cents(long cents) {
        return BigDecimal.valueOf(cents, 2);
    }
}
