package io.pgplex.jdbc.tpch;

import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Rows for the tables of TPC-H: columns, numbers of rows and value domains of the specification (revision 3, section 4.2), the
 * texts of comments being our own. A row follows from its table and number alone, so nothing is held and any scale streams.
 * Immutable.
 *
 * <p>It leaves the specification where a small scale would: complaints about suppliers are more frequent, and the suppliers of
 * a part are always four.
 */
final class TpchData {

    private static final LocalDate START = LocalDate.of(1992, 1, 1);
    private static final LocalDate CURRENT = LocalDate.of(1995, 6, 17);
    private static final int LAST_ORDER_DAYS = 2405;
    private static final int SUPPLIERS_OF_A_PART = 4;
    private static final int CUSTOMERS_WITHOUT_ORDERS = 3;
    private static final int COMPLAINTS_EVERY = 20;

    private final int suppliers;
    private final int parts;
    private final int customers;
    private final int orders;
    private final int clerks;

    /** Scale 1 has 6,000,000 rows in lineitem, about a gigabyte in all; the least is 0.002. */
    TpchData(double scale) {
        if (scale < 0.002 || scale > 300) {
            throw new IllegalArgumentException("scale must be from 0.002 to 300: " + scale);
        }
        suppliers = (int) Math.round(10_000 * scale);
        parts = (int) Math.round(200_000 * scale);
        customers = (int) Math.round(150_000 * scale);
        orders = (int) Math.round(1_500_000 * scale);
        clerks = Math.max(1, (int) Math.round(1000 * scale));
    }

    void rows(TpchTable table, RowSink sink) throws SQLException {
        switch (table) {
            case REGION -> regions(sink);
            case NATION -> nations(sink);
            case SUPPLIER -> suppliers(sink);
            case PART -> parts(sink);
            case PARTSUPP -> partSuppliers(sink);
            case CUSTOMER -> customers(sink);
            case ORDERS -> orders(sink);
            case LINEITEM -> lineItems(sink);
        }
    }

    private static void regions(RowSink sink) throws SQLException {
        for (int key = 0; key < TpchWords.REGIONS.length; key++) {
            sink.row(key, TpchWords.REGIONS[key], new RowRandom(TpchTable.REGION, key).comment(31, 115));
        }
    }

    private static void nations(RowSink sink) throws SQLException {
        for (int key = 0; key < TpchWords.NATIONS.length; key++) {
            String nation = TpchWords.NATIONS[key];
            int end = nation.length() - 2;
            int region = Integer.parseInt(nation.substring(end + 1));
            String comment = new RowRandom(TpchTable.NATION, key).comment(31, 114);
            sink.row(key, nation.substring(0, end), region, comment);
        }
    }

    private void suppliers(RowSink sink) throws SQLException {
        for (int key = 1; key <= suppliers; key++) {
            RowRandom random = new RowRandom(TpchTable.SUPPLIER, key);
            int nation = random.between(0, TpchWords.NATIONS.length - 1);
            String address = random.letters(10, 40);
            String comment = random.comment(40, 70);
            if (key % COMPLAINTS_EVERY == 3) {
                comment = "Customer " + comment + " Complaints";
            } else if (key % COMPLAINTS_EVERY == 7) {
                comment = "Customer " + comment + " Recommends";
            }
            sink.row(
                    key,
                    numbered("Supplier", key),
                    address,
                    nation,
                    phone(nation, random),
                    cents(random.between(-99_999, 999_999)),
                    comment);
        }
    }

    private void parts(RowSink sink) throws SQLException {
        for (int key = 1; key <= parts; key++) {
            RowRandom random = new RowRandom(TpchTable.PART, key);
            int maker = random.between(1, 5);
            sink.row(
                    key,
                    fiveColours(random),
                    "Manufacturer#" + maker,
                    "Brand#" + maker + random.between(1, 5),
                    random.pick(TpchWords.TYPE_SIZES) + " " + random.pick(TpchWords.TYPE_FINISHES) + " "
                            + random.pick(TpchWords.TYPE_METALS),
                    random.between(1, 50),
                    random.pick(TpchWords.CONTAINER_SIZES) + " " + random.pick(TpchWords.CONTAINERS),
                    cents(retailPrice(key)),
                    random.comment(5, 22));
        }
    }

    private static String fiveColours(RowRandom random) {
        List<String> colours = new ArrayList<>();
        while (colours.size() < 5) {
            String colour = random.pick(TpchWords.COLOURS);
            if (!colours.contains(colour)) {
                colours.add(colour);
            }
        }
        return String.join(" ", colours);
    }

    /** In cents. */
    private static int retailPrice(int part) {
        return 90_000 + part / 10 % 20_001 + 100 * (part % 1000);
    }

    private void partSuppliers(RowSink sink) throws SQLException {
        for (int part = 1; part <= parts; part++) {
            for (int i = 0; i < SUPPLIERS_OF_A_PART; i++) {
                RowRandom random = new RowRandom(TpchTable.PARTSUPP, (long) part * SUPPLIERS_OF_A_PART + i);
                sink.row(
                        part,
                        supplier(part, i),
                        random.between(1, 9999),
                        cents(random.between(100, 100_000)),
                        random.comment(49, 198));
            }
        }
    }

    /** One of the suppliers of a part. The step stays below a third of all, so that the four of them differ. */
    private int supplier(int part, int i) {
        int step = suppliers / 4 + (part - 1) / suppliers % Math.max(1, suppliers / 12);
        return (part + i * step) % suppliers + 1;
    }

    private void customers(RowSink sink) throws SQLException {
        for (int key = 1; key <= customers; key++) {
            RowRandom random = new RowRandom(TpchTable.CUSTOMER, key);
            int nation = random.between(0, TpchWords.NATIONS.length - 1);
            sink.row(
                    key,
                    numbered("Customer", key),
                    random.letters(10, 40),
                    nation,
                    phone(nation, random),
                    cents(random.between(-99_999, 999_999)),
                    random.pick(TpchWords.SEGMENTS),
                    random.comment(29, 116));
        }
    }

    private static String numbered(String name, int number) {
        return String.format(Locale.ROOT, "%s#%09d", name, number);
    }

    private static String phone(int nation, RowRandom random) {
        return String.format(
                Locale.ROOT,
                "%d-%d-%d-%d",
                nation + 10,
                random.between(100, 999),
                random.between(100, 999),
                random.between(1000, 9999));
    }

    private static BigDecimal cents(long cents) {
        return BigDecimal.valueOf(cents, 2);
    }

    /** Keys have gaps: the first eight of every 32. */
    private static long orderKey(int order) {
        return (long) (order / 8) * 32 + order % 8 + 1;
    }

    private void orders(RowSink sink) throws SQLException {
        for (int order = 0; order < orders; order++) {
            RowRandom random = new RowRandom(TpchTable.ORDERS, order);
            LocalDate date = random.dateFrom(START, 0, LAST_ORDER_DAYS);
            List<Line> lines = lines(order, date);
            sink.row(
                    orderKey(order),
                    orderingCustomer(random),
                    status(lines),
                    cents(lines.stream().mapToLong(Line::total).sum()),
                    date,
                    random.pick(TpchWords.PRIORITIES),
                    numbered("Clerk", random.between(1, clerks)),
                    0,
                    random.comment(19, 78));
        }
    }

    /** Every third customer orders nothing. */
    private int orderingCustomer(RowRandom random) {
        int customer = random.between(1, customers);
        return customer % CUSTOMERS_WITHOUT_ORDERS == 0 ? customer - 1 : customer;
    }

    private static String status(List<Line> lines) {
        long open = lines.stream().filter(line -> line.status().equals("O")).count();
        return open == 0 ? "F" : open == lines.size() ? "O" : "P";
    }

    /** A row of lineitem as far as its order's row depends on it; prices in cents, discount and tax in hundredths. */
    private record Line(
            int part,
            int supplier,
            int quantity,
            long price,
            int discount,
            int tax,
            LocalDate shipped,
            RowRandom rest) {
        String status() {
            return shipped.isAfter(CURRENT) ? "O" : "F";
        }

        long total() {
            return price * (100 - discount) * (100 + tax) / 10_000;
        }
    }

    private List<Line> lines(int order, LocalDate date) {
        RowRandom random = new RowRandom(TpchTable.LINEITEM, order);
        int count = random.between(1, 7);
        List<Line> lines = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int part = random.between(1, parts);
            int supplier = supplier(part, random.between(0, SUPPLIERS_OF_A_PART - 1));
            int quantity = random.between(1, 50);
            long price = (long) quantity * retailPrice(part);
            int discount = random.between(0, 10);
            int tax = random.between(0, 8);
            LocalDate shipped = random.dateFrom(date, 1, 121);
            RowRandom rest = new RowRandom(TpchTable.LINEITEM, -1 - ((long) order * 8 + i));
            lines.add(new Line(part, supplier, quantity, price, discount, tax, shipped, rest));
        }
        return lines;
    }

    private void lineItems(RowSink sink) throws SQLException {
        for (int order = 0; order < orders; order++) {
            LocalDate date = new RowRandom(TpchTable.ORDERS, order).dateFrom(START, 0, LAST_ORDER_DAYS);
            int number = 1;
            for (Line line : lines(order, date)) {
                RowRandom random = line.rest();
                LocalDate received = random.dateFrom(line.shipped(), 1, 30);
                sink.row(
                        orderKey(order),
                        line.part(),
                        line.supplier(),
                        number++,
                        cents(100L * line.quantity()),
                        cents(line.price()),
                        cents(line.discount()),
                        cents(line.tax()),
                        received.isAfter(CURRENT) ? "N" : random.pick("R", "A"),
                        line.status(),
                        line.shipped(),
                        random.dateFrom(date, 30, 90),
                        received,
                        random.pick(TpchWords.INSTRUCTIONS),
                        random.pick(TpchWords.MODES),
                        random.comment(10, 43));
            }
        }
    }
}
