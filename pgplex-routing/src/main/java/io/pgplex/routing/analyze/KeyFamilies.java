package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.KeyType.HashFamily;
import org.jspecify.annotations.Nullable;

/** Which columns hash like a distribution key. Stateless. */
final class KeyFamilies {

    private KeyFamilies() {}

    /** The key type that has that name, as {@code format_type} prints it, whatever its modifier; null when none has. */
    static @Nullable KeyType keyType(String type) {
        int open = type.indexOf('(');
        String plain = open < 0 ? type : type.substring(0, open) + type.substring(type.indexOf(')', open) + 1);
        for (KeyType each : KeyType.values()) {
            if (each.sqlName().equals(plain)) {
                return each;
            }
        }
        return null;
    }

    /**
     * Whether equality of the column with a key of the family is equality of hashes. A column with a collation of its own
     * may call different texts equal, unless the collation compares bytes.
     */
    static boolean hashesLike(@Nullable Column column, HashFamily family) {
        if (column == null || (column.collation() != null && !isBytewise(column.collation()))) {
            return false;
        }
        KeyType type = keyType(column.type());
        return type != null && type.family() == family;
    }

    /** Whether a collation, as quoted SQL or as the text names it, orders text by its bytes. */
    static boolean isBytewise(String collation) {
        return collation.endsWith("\"C\"") || collation.endsWith("\"POSIX\"") || collation.endsWith("\"ucs_basic\"");
    }
}
