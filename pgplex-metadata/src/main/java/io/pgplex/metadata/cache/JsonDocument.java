package io.pgplex.metadata.cache;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataException.Kind;
import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A stored JSON object, read strictly: whatever is not as expected is CORRUPT, naming the key but not the value. */
final class JsonDocument {

    private static final String FORMAT = "format";
    private static final int CURRENT_FORMAT = 1;

    private static final TypeAdapter<JsonElement> ADAPTER = new Gson().getAdapter(JsonElement.class);

    private final String key;
    private final JsonObject object;

    private JsonDocument(String key, JsonObject object) {
        this.key = key;
        this.object = object;
    }

    /** A new document's object, of the current format. */
    static JsonObject create() {
        JsonObject object = new JsonObject();
        object.addProperty(FORMAT, CURRENT_FORMAT);
        return object;
    }

    static JsonDocument parse(KeyValue pair) throws MetadataException {
        JsonElement element;
        try {
            element = read(pair.value());
        } catch (IOException | JsonParseException e) {
            throw corrupt(pair.key(), "is not JSON", null); // the parser's message would show the value
        }
        if (element == null || !element.isJsonObject()) {
            throw corrupt(pair.key(), "is not a JSON object", null);
        }
        JsonDocument document = new JsonDocument(pair.key(), element.getAsJsonObject());
        long format = document.integer(FORMAT);
        if (format != CURRENT_FORMAT) {
            throw corrupt(pair.key(), "has format " + format + ", which this version does not know", null);
        }
        return document;
    }

    /** The one value that the text holds. */
    private static @Nullable JsonElement read(String text) throws IOException {
        JsonReader reader = new JsonReader(new StringReader(text));
        reader.setStrictness(Strictness.STRICT);
        JsonElement element = ADAPTER.read(reader);
        if (reader.peek() != JsonToken.END_DOCUMENT) {
            throw new IOException("something follows the value");
        }
        return element;
    }

    static MetadataException corrupt(String key, String what, @Nullable Throwable cause) {
        return new MetadataException(Kind.CORRUPT, "metadata key \"" + key + "\" " + what, cause);
    }

    String string(String field) throws MetadataException {
        JsonPrimitive value = primitive(field);
        if (!value.isString()) {
            throw wrongType(field, "a string");
        }
        return value.getAsString();
    }

    boolean has(String field) {
        return object.has(field);
    }

    @Nullable
    String optionalString(String field) throws MetadataException {
        return has(field) ? string(field) : null;
    }

    boolean bool(String field) throws MetadataException {
        JsonPrimitive value = primitive(field);
        if (!value.isBoolean()) {
            throw wrongType(field, "a boolean");
        }
        return value.getAsBoolean();
    }

    long integer(String field) throws MetadataException {
        return integer(field, primitive(field));
    }

    int smallInteger(String field) throws MetadataException {
        long value = integer(field);
        if (value != (int) value) {
            throw wrongType(field, "a 32-bit integer");
        }
        return (int) value;
    }

    private long integer(String field, JsonElement value) throws MetadataException {
        try {
            if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
                return new BigDecimal(value.getAsString()).longValueExact();
            }
        } catch (ArithmeticException | NumberFormatException e) {
            throw corrupt(key, "has in field \"" + field + "\" no 64-bit integer", null);
        }
        throw wrongType(field, "an integer");
    }

    <E extends Enum<E>> E oneOf(Class<E> type, String field) throws MetadataException {
        String name = string(field);
        for (E constant : type.getEnumConstants()) {
            if (nameOf(constant).equals(name)) {
                return constant;
            }
        }
        throw corrupt(key, "has an unknown value in field \"" + field + "\"", null);
    }

    /** How an enum's constant is written. */
    static String nameOf(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    JsonDocument document(String field) throws MetadataException {
        JsonElement value = element(field);
        if (!value.isJsonObject()) {
            throw wrongType(field, "an object");
        }
        return new JsonDocument(key, value.getAsJsonObject());
    }

    List<JsonDocument> documents(String field) throws MetadataException {
        List<JsonDocument> documents = new ArrayList<>();
        for (JsonElement value : array(field)) {
            if (!value.isJsonObject()) {
                throw wrongType(field, "an array of objects");
            }
            documents.add(new JsonDocument(key, value.getAsJsonObject()));
        }
        return documents;
    }

    List<String> strings(String field) throws MetadataException {
        List<String> strings = new ArrayList<>();
        for (JsonElement value : array(field)) {
            if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
                throw wrongType(field, "an array of strings");
            }
            strings.add(value.getAsString());
        }
        return strings;
    }

    /** The strings, none without the field. */
    List<String> optionalStrings(String field) throws MetadataException {
        return object.has(field) ? strings(field) : List.of();
    }

    private JsonArray array(String field) throws MetadataException {
        JsonElement value = element(field);
        if (!value.isJsonArray()) {
            throw wrongType(field, "an array");
        }
        return value.getAsJsonArray();
    }

    private JsonPrimitive primitive(String field) throws MetadataException {
        JsonElement value = element(field);
        if (!value.isJsonPrimitive()) {
            throw wrongType(field, "a plain value");
        }
        return value.getAsJsonPrimitive();
    }

    private JsonElement element(String field) throws MetadataException {
        JsonElement value = object.get(field);
        if (value == null) {
            throw corrupt(key, "lacks field \"" + field + "\"", null);
        }
        return value;
    }

    private MetadataException wrongType(String field, String expected) {
        return corrupt(key, "has in field \"" + field + "\" something else than " + expected, null);
    }
}
