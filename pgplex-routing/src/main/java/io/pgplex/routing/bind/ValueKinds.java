package io.pgplex.routing.bind;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** Whether values of one list keep their meaning when PostgreSQL gives all of them one type. Stateless. */
final class ValueKinds {

    /** Numbers that are compared exactly, whichever of their types is chosen. */
    private static final Object EXACT = new Object();

    private static final Object FLOATING = new Object();

    private ValueKinds() {}

    static boolean agree(ShardSelector.OneOf list, Parameters parameters) {
        Object first = null;
        for (int i = 0; i < list.parameters().size(); i++) {
            Object kind = kind(parameters, list.parameters().get(i));
            if (kind == null) {
                continue;
            }
            if (first != null && first != kind) {
                return false;
            }
            first = kind;
        }
        return first == null || !list.constants() || isLiteralsOwn(first);
    }

    /** Null for NULL, which takes any type. */
    private static @Nullable Object kind(Parameters parameters, int index) {
        if (parameters.isLong(index)) {
            return EXACT;
        }
        Object value = parameters.value(index);
        if (value == null) {
            return null;
        }
        if (value instanceof BigDecimal || value instanceof BigInteger || isInteger(value)) {
            return EXACT;
        }
        return value instanceof Double || value instanceof Float ? FLOATING : value.getClass();
    }

    private static boolean isInteger(Object value) {
        return value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte;
    }

    /** Whether a literal beside such a parameter is still read as it is alone. */
    private static boolean isLiteralsOwn(Object kind) {
        return kind == EXACT || kind == String.class || kind == java.util.UUID.class || kind == Boolean.class;
    }
}
