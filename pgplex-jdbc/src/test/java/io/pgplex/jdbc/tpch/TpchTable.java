package io.pgplex.jdbc.tpch;

import java.util.Locale;

/** The tables, referenced ones first. */
enum TpchTable {
    REGION(3),
    NATION(4),
    SUPPLIER(7),
    PART(9),
    PARTSUPP(5),
    CUSTOMER(8),
    ORDERS(9),
    LINEITEM(16);

    private final int columns;

    TpchTable(int columns) {
        this.columns = columns;
    }

    String sqlName() {
        return name().toLowerCase(Locale.ROOT);
    }

    int columns() {
        return columns;
    }
}
