package io.pgplex.routing.bind;

/** SQL that has a server hash a key which the client cannot, exactly as {@code PARTITION BY HASH} hashes it. */
public final class KeyHashSql {

    /** The seed of hash partitioning, HASH_PARTITION_SEED in src/backend/partitioning/partbounds.c. */
    private static final long SEED = 0x7A5B22367996DCFDL;

    private KeyHashSql() {}

    /**
     * An expression over one parameter whose low 32 bits are those of the key's extended hash; those of NULL are 0.
     *
     * <p>Not every type's hash function can be called from SQL (that of bytea takes {@code internal} before PostgreSQL
     * 18), so an array of one element calls it: its hash is 31 more than the element's (hash_array_extended in
     * src/backend/utils/adt/arrayfuncs.c). The low half is taken first, as the subtraction could overflow.
     *
     * @param columnType the key column's type with its modifier, which is applied before the hash
     */
    public static String of(String columnType) {
        return of(columnType, "?");
    }

    /**
     * The same over another expression.
     *
     * @param value an expression whose value can be cast to the type
     */
    public static String of(String columnType, String value) {
        return "(pg_catalog.hash_array_extended(ARRAY[CAST(" + value + " AS " + columnType + ")], " + SEED
                + ") & 4294967295) - 31";
    }
}
