package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.scan.TokenKind;
import java.util.Map;
import java.util.Set;

/** Reads type names. */
final class TypeParser {

    private static final Map<String, String> CANONICAL = Map.ofEntries(
            Map.entry("int", "integer"),
            Map.entry("int4", "integer"),
            Map.entry("int8", "bigint"),
            Map.entry("int2", "smallint"),
            Map.entry("varchar", "character varying"),
            Map.entry("char", "character"),
            Map.entry("bpchar", "character"),
            Map.entry("bool", "boolean"),
            Map.entry("decimal", "numeric"),
            Map.entry("dec", "numeric"),
            Map.entry("float8", "double precision"),
            Map.entry("float", "double precision"),
            Map.entry("float4", "real"),
            Map.entry("timestamptz", "timestamp with time zone"),
            Map.entry("timestamp", "timestamp without time zone"),
            Map.entry("timetz", "time with time zone"),
            Map.entry("time", "time without time zone"),
            Map.entry("varbit", "bit varying"));

    private static final Set<String> INTERVAL_WORDS = Set.of("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TO");

    private final Cursor cursor;

    TypeParser(Cursor cursor) {
        this.cursor = cursor;
    }

    TypeName type() {
        cursor.accept("SETOF");
        boolean quoted = cursor.text.hasKind(cursor.at, TokenKind.QUOTED_IDENTIFIER);
        String name = cursor.label();
        while (cursor.accept('.')) {
            String schema = name;
            name = cursor.label();
            quoted |= !schema.equals("pg_catalog");
        }
        String written = name;
        boolean modified = false;
        if (!quoted) {
            switch (name) {
                case "double" -> {
                    cursor.expect("PRECISION");
                    name = "float8";
                    written = "float8";
                }
                case "national" -> {
                    name = cursor.label();
                    name = cursor.accept("VARYING") ? "varchar" : name;
                }
                case "character", "char", "nchar", "bit" -> {
                    boolean varying = cursor.accept("VARYING");
                    boolean bit = name.equals("bit");
                    // character and bit without a length mean a length of one
                    modified = !varying && !cursor.isPunctuation('(') && !name.equals("nchar");
                    name = bit ? (varying ? "varbit" : "bit") : (varying ? "varchar" : "bpchar");
                    written = name;
                }
                default -> {}
            }
        }
        if (cursor.isPunctuation('(')) {
            modified = true;
            cursor.at = cursor.text.matching(cursor.at) + 1;
            if (cursor.at == 0) {
                throw cursor.unknown();
            }
        }
        if (!quoted && (name.equals("timestamp") || name.equals("time"))) {
            if (cursor.acceptSequence("WITH", "TIME", "ZONE")) {
                name += "tz";
            } else {
                cursor.acceptSequence("WITHOUT", "TIME", "ZONE");
            }
            written = name;
        }
        if (!quoted && name.equals("interval")) {
            while (INTERVAL_WORDS.contains(cursor.text.word(cursor.at))) {
                modified = true;
                cursor.at++;
                if (cursor.isPunctuation('(')) {
                    cursor.at = cursor.text.matching(cursor.at) + 1;
                }
            }
        }
        return new TypeName(
                quoted ? "\"" + name + "\"" : CANONICAL.getOrDefault(name, name), modified, array(), written(written));
    }

    private boolean array() {
        boolean array = false;
        if (cursor.accept("ARRAY")) {
            array = true;
        }
        while (cursor.isPunctuation('[')) {
            array = true;
            cursor.at = cursor.text.matching(cursor.at) + 1;
            if (cursor.at == 0) {
                throw cursor.unknown();
            }
        }
        return array;
    }

    /** The name of the type as the server's grammar puts it, which names a cast's output column. */
    private static String written(String name) {
        return switch (name) {
            case "int", "integer" -> "int4";
            case "bigint" -> "int8";
            case "smallint" -> "int2";
            case "boolean" -> "bool";
            case "decimal", "dec" -> "numeric";
            case "real" -> "float4";
            case "float" -> "float8";
            case "national", "character", "char" -> "bpchar";
            default -> name;
        };
    }
}
