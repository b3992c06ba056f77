package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.ShardFailure;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.GT;

/**
 * How a batch failed, in pgjdbc's words. A batch is rolled back whole, so every entry counts as failed.
 *
 * @param entry the entry of the whole batch that failed, from 0; the last possible one where that is not known
 */
record BatchFailure(int entry, SQLException exception) {

    /** The first number in pgjdbc's message is the entry's, in the digits and with the separators of the default locale. */
    private static final Pattern NUMBER = Pattern.compile("\\p{Nd}+([.,' \u00A0\u202F\u2019\u066C]\\p{Nd}{3})*");

    /**
     * A shard's failure as one of the whole batch.
     *
     * @param places the entries of the whole batch that this shard ran
     * @param size the entries of the whole batch
     */
    static BatchFailure of(SQLException failure, int[] places, int size) {
        if (!(failure instanceof BatchUpdateException batch)) {
            return new BatchFailure(Integer.MAX_VALUE, failure);
        }
        String message = String.valueOf(batch.getMessage());
        int entry = Integer.MAX_VALUE;
        Matcher number = NUMBER.matcher(message);
        if (number.find()) {
            int own = parse(number.group());
            if (own < places.length) {
                entry = places[own];
                message = message.substring(0, number.start()) + entry + message.substring(number.end());
            }
        }
        return new BatchFailure(entry, exception(message, size, batch, batch.getCause(), batch.getNextException()));
    }

    private static int parse(String number) {
        int value = 0;
        for (int i = 0; i < number.length(); i++) {
            if (Character.isDigit(number.charAt(i))) {
                value = value * 10 + Character.digit(number.charAt(i), 10);
            }
        }
        return value;
    }

    /** The failure of an entry that ran by itself. */
    static BatchUpdateException at(int entry, int size, String sql, SQLException failure) {
        String message = GT.tr(
                "Batch entry {0} {1} was aborted: {2}  Call getNextException to see other errors in the batch.",
                entry, sql, failure.getMessage());
        return exception(message, size, failure, failure, failure);
    }

    private static BatchUpdateException exception(
            String message, int size, SQLException like, @Nullable Throwable cause, @Nullable SQLException next) {
        long[] counts = new long[size];
        Arrays.fill(counts, Statement.EXECUTE_FAILED);
        BatchUpdateException exception =
                new BatchUpdateException(message, like.getSQLState(), like.getErrorCode(), counts, cause);
        exception.setNextException(next);
        ShardFailure place = ShardFailure.of(like);
        if (place != null) {
            exception.addSuppressed(place);
        }
        return exception;
    }
}
