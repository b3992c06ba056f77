package io.pgplex.routing.hint;

import io.pgplex.routing.hint.Hints.CrossShard;
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
        CrossShard crossShard = null;
        Snapshot snapshot = null;
        for (String text : hintTexts) {
            HintReader reader = new HintReader(text);
            if (!reader.hasNext()) {
                throw reader.malformed("an option's name is expected", reader.offset());
            }
            while (reader.hasNext()) {
                HintOption option = option(reader);
                HintValue value = reader.value();
                reader.separator();
                if (value.text().isEmpty()) {
                    throw reader.malformed("option \"" + option + "\" has an empty value", value.offset());
                }
                if (option == HintOption.CROSS_SHARD) {
                    crossShard = choice(CrossShard.class, option, reader, value);
                    value = new HintValue(crossShard.name(), true, value.offset());
                } else if (option == HintOption.SNAPSHOT) {
                    snapshot = choice(Snapshot.class, option, reader, value);
                    value = new HintValue(snapshot.name(), true, value.offset());
                }
                HintValue other = values.put(option, value);
                if (other != null && !(other.text().equals(value.text()) && other.quoted() == value.quoted())) {
                    throw reader.contradiction(option, value);
                }
            }
        }
        HintValue key = values.get(HintOption.KEY);
        return new Hints(
                text(values.get(HintOption.SHARD)), text(key), key != null && key.quoted(), crossShard, snapshot);
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

    private static <E extends Enum<E>> E choice(Class<E> type, HintOption option, HintReader reader, HintValue value) {
        for (E choice : type.getEnumConstants()) {
            if (nameOf(choice).equals(value.text().toLowerCase(Locale.ROOT))) {
                return choice;
            }
        }
        throw reader.unknown(
                "invalid value for hint option \"" + option + "\": \"" + value.text() + "\"",
                value.offset(),
                "Valid values are: "
                        + Arrays.stream(type.getEnumConstants())
                                .map(HintParser::nameOf)
                                .collect(Collectors.joining(", "))
                        + ".");
    }

    private static String nameOf(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }
}
