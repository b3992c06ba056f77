package io.pgplex.metadata.hash;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A date or timestamp literal in the ISO form that every server reads alike, whatever its DateStyle. Immutable.
 *
 * @param date its date
 * @param time its time of day in whole microseconds, or null where it has none
 * @param offset its offset from UTC, or null where it has none
 */
record IsoDateTime(
        LocalDate date, @Nullable LocalTime time, @Nullable ZoneOffset offset) {

    private static final Pattern FORM = Pattern.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})"
            + "(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\\.([0-9]{1,6}))?)?"
            + "(Z|([+-])([0-9]{2})(?::([0-9]{2}))?)?)?");

    /** The literal's parts, or null when it has another form or names no real date, time or offset. */
    static @Nullable IsoDateTime parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        try {
            LocalDate date = LocalDate.of(number(matcher, 1), number(matcher, 2), number(matcher, 3));
            return matcher.group(4) == null
                    ? new IsoDateTime(date, null, null)
                    : new IsoDateTime(date, time(matcher), offset(matcher));
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static LocalTime time(Matcher matcher) {
        String fraction = matcher.group(7);
        int nanos = fraction == null ? 0 : Integer.parseInt((fraction + "00000000").substring(0, 9));
        return LocalTime.of(number(matcher, 4), number(matcher, 5), number(matcher, 6), nanos);
    }

    private static @Nullable ZoneOffset offset(Matcher matcher) {
        if (matcher.group(8) == null) {
            return null;
        }
        if (matcher.group(9) == null) {
            return ZoneOffset.UTC;
        }
        int sign = matcher.group(9).equals("-") ? -1 : 1;
        // ZoneOffset refuses more than 18 hours or 59 minutes; the server accepts less than 16 hours
        return ZoneOffset.ofHoursMinutes(sign * number(matcher, 10), sign * number(matcher, 11));
    }

    private static int number(Matcher matcher, int group) {
        String digits = matcher.group(group);
        return digits == null ? 0 : Integer.parseInt(digits);
    }
}
