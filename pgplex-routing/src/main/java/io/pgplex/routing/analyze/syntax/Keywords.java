package io.pgplex.routing.analyze.syntax;

import java.util.Set;

/** Which words may not be names where, after PostgreSQL 18's kwlist.h; upper case. */
final class Keywords {

    /** Never a name without quotes, neither of a column nor of a relation. */
    static final Set<String> RESERVED = Set.of(
            "ALL", "ANALYSE", "ANALYZE", "AND", "ANY", "ARRAY", "AS", "ASC", "ASYMMETRIC", "BOTH", "CASE", "CAST",
            "CHECK", "COLLATE", "COLUMN", "CONSTRAINT", "CREATE", "CURRENT_CATALOG", "CURRENT_DATE", "CURRENT_ROLE",
            "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "DEFAULT", "DEFERRABLE", "DESC", "DISTINCT", "DO",
            "ELSE", "END", "EXCEPT", "FALSE", "FETCH", "FOR", "FOREIGN", "FROM", "GRANT", "GROUP", "HAVING", "IN",
            "INITIALLY", "INTERSECT", "INTO", "LATERAL", "LEADING", "LIMIT", "LOCALTIME", "LOCALTIMESTAMP", "NOT",
            "NULL", "OFFSET", "ON", "ONLY", "OR", "ORDER", "PLACING", "PRIMARY", "REFERENCES", "RETURNING", "SELECT",
            "SESSION_USER", "SOME", "SYMMETRIC", "SYSTEM_USER", "TABLE", "THEN", "TO", "TRAILING", "TRUE", "UNION",
            "UNIQUE", "USER", "USING", "VARIADIC", "WHEN", "WHERE", "WINDOW", "WITH");

    /** A name of functions and types only. */
    static final Set<String> FUNCTION_OR_TYPE = Set.of(
            "AUTHORIZATION", "BINARY", "COLLATION", "CONCURRENTLY", "CROSS", "CURRENT_SCHEMA", "FREEZE", "FULL",
            "ILIKE", "INNER", "IS", "ISNULL", "JOIN", "LEFT", "LIKE", "NATURAL", "NOTNULL", "OUTER", "OVERLAPS",
            "RIGHT", "SIMILAR", "TABLESAMPLE", "VERBOSE");

    /** Not an output column's name without AS. */
    static final Set<String> NEEDS_AS = Set.of(
            "ARRAY", "AS", "CHAR", "CHARACTER", "CREATE", "DAY", "EXCEPT", "FETCH", "FILTER", "FOR", "FROM", "GRANT",
            "GROUP", "HAVING", "HOUR", "INTERSECT", "INTO", "ISNULL", "LIMIT", "MINUTE", "MONTH", "NOTNULL", "OFFSET",
            "ON", "ORDER", "OVER", "OVERLAPS", "PRECISION", "RETURNING", "SECOND", "TO", "UNION", "VARYING", "WHERE",
            "WINDOW", "WITH", "WITHIN", "WITHOUT", "YEAR");

    /** Functions that are called without parentheses. */
    static final Set<String> VALUE_FUNCTIONS = Set.of(
            "CURRENT_CATALOG", "CURRENT_DATE", "CURRENT_ROLE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER",
            "LOCALTIME", "LOCALTIMESTAMP", "SESSION_USER", "SYSTEM_USER", "USER", "CURRENT_SCHEMA");

    /** Constructs in the shape of calls whose insides have a grammar of their own that the parser does not know. */
    static final Set<String> UNKNOWN_CALLS = Set.of(
            "XMLATTRIBUTES", "XMLCONCAT", "XMLELEMENT", "XMLEXISTS", "XMLFOREST", "XMLNAMESPACES", "XMLPARSE", "XMLPI",
            "XMLROOT", "XMLSERIALIZE", "XMLTABLE", "JSON_OBJECT", "JSON_ARRAY", "JSON_OBJECTAGG", "JSON_ARRAYAGG",
            "JSON_EXISTS", "JSON_QUERY", "JSON_VALUE", "JSON_TABLE", "JSON_SCALAR", "JSON_SERIALIZE", "JSON",
            "MERGE_ACTION", "NORMALIZE", "TREAT");

    private Keywords() {}
}
