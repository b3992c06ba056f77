package io.pgplex.routing.hint;

import io.pgplex.routing.hint.Hints.Consistency;
import io.pgplex.routing.hint.Hints.CrossShard;
import io.pgplex.routing.hint.Hints.Intent;
import io.pgplex.routing.hint.Hints.Reads;
import io.pgplex.routing.hint.Hints.Snapshot;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads the hints of a statement, {@code --!pgplex option=value, option='value'} to the line's end and
 * {@code /*!pgplex option=value *}{@code /}. Several hints add up; one option cannot have two different values. Stateless.
 */
public final class HintParser {
    private HintParser() {}

    /**
     * What the hints say together.
     *
     * @param hintTexts the comments that are hints, whole, as {@code ScannedStatement.hintTexts()} gives them
     * @throws HintException when a hint is malformed, or an option or value unknown
     */
    public static Hints parse(List<String> hintTexts) {
        if (hintTexts.isEmpty()) {
            return Hints.NONE;
        }
        Map<HintOption, HintValue> values = new EnumMap<>(HintOption.class);
        for (String text : hintTexts) {
            HintReader reader = new HintReader(text);
            if (!reader.hasNext()) {
                throw reader.malformed("an option's name is expected", reader.offset());
            }
            while (reader.hasNext()) {
                HintOption option = option(reader);
                HintValue value = checked(option, reader, reader.value());
                reader.separator();
                HintValue other = values.put(option, value);
                if (other != null && !(other.text().equals(value.text()) && other.quoted() == value.quoted())) {
                    throw reader.contradiction(option, value);
                }
            }
        }
        HintValue key = values.get(HintOption.KEY);
        return new Hints(
                text(values.get(HintOption.SHARD)),
                text(key),
                key != null && key.quoted(),
                choice(CrossShard.class, values.get(HintOption.CROSS_SHARD)),
                choice(Snapshot.class, values.get(HintOption.SNAPSHOT)),
                reads(values));
    }

    private static Reads reads(Map<HintOption, HintValue> values) {
        String maxLag = text(values.get(HintOption.MAX_LAG));
        Reads reads = new Reads(
                choice(Intent.class, values.get(HintOption.INTENT)),
                maxLag == null ? null : MaxLag.parse(maxLag),
                choice(Consistency.class, values.get(HintOption.CONSISTENCY)),
                text(values.get(HintOption.ZONE)),
                text(values.get(HintOption.NODE)));
        return reads.equals(Reads.UNSAID) ? Reads.UNSAID : reads;
    }

    /** The value, one of a few choices by its name. */
    private static HintValue checked(HintOption option, HintReader reader, HintValue value) {
        if (value.text().isEmpty()) {
            throw reader.malformed("option \"" + option + "\" has an empty value", value.offset());
        }
        return switch (option) {
            case SHARD, KEY, ZONE, NODE -> value;
            case CROSS_SHARD -> chosen(CrossShard.class, option, reader, value);
            case SNAPSHOT -> chosen(Snapshot.class, option, reader, value);
            case INTENT -> chosen(Intent.class, option, reader, value);
            case CONSISTENCY -> chosen(Consistency.class, option, reader, value);
            case MAX_LAG -> {
                if (MaxLag.parse(value.text()) == null) {
                    throw invalid(option, reader, value, MaxLag.VALID);
                }
                yield new HintValue(value.text(), true, value.offset());
            }
        };
    }

    private static @Nullable String text(@Nullable HintValue value) {
        return value == null ? null : value.text();
    }

    private static HintOption option(HintReader reader) {
        int offset = reader.offset();
        String name = reader.name();
        HintOption option = HintOption.named(name);
        if (option == null) {
            throw reader.unknown(
                    "unknown hint option \"" + name + "\"", offset, "Valid options are: " + HintOption.all() + ".");
        }
        return option;
    }

    private static <E extends Enum<E>> HintValue chosen(
            Class<E> type, HintOption option, HintReader reader, HintValue value) {
        for (E choice : type.getEnumConstants()) {
            if (nameOf(choice).equals(value.text().toLowerCase(Locale.ROOT))) {
                return new HintValue(choice.name(), true, value.offset());
            }
        }
        throw invalid(
                option,
                reader,
                value,
                Arrays.stream(type.getEnumConstants()).map(HintParser::nameOf).collect(Collectors.joining(", ")));
    }

    private static HintException invalid(HintOption option, HintReader reader, HintValue value, String valid) {
        return reader.unknown(
                "invalid value for hint option \"" + option + "\": \"" + value.text() + "\"",
                value.offset(),
                "Valid values are: " + valid + ".");
    }

    private static <E extends Enum<E>> @Nullable E choice(Class<E> type, @Nullable HintValue chosen) {
        return chosen == null ? null : Enum.valueOf(type, chosen.text());
    }

    private static String nameOf(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
