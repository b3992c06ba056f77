package io.pgplex.routing.plan.insert;

/** The type that an evaluated value is cast to on its way into a column. */
public final class ColumnType {

    private ColumnType() {}

    /**
     * The column's type without its modifier. With it an explicit cast would silently cut what the assignment refuses.
     *
     * @param type as {@code format_type} prints it
     */
    public static String unmodified(String type) {
        int open = type.indexOf('(');
        int close = type.indexOf(')', open + 1);
        if (open < 0 || close < 0 || type.indexOf('"') >= 0) {
            return type;
        }
        String base = type.substring(0, open);
        String rest = type.substring(close + 1);
        // without a modifier these two would mean a length of 1
        return switch (base) {
            case "character" -> "bpchar" + rest;
            case "bit" -> "bit varying" + rest;
            default -> base + rest;
        };
    }

    static boolean isTime(String type) {
        return type.startsWith("date") || type.startsWith("time");
    }
}
