package io.pgplex.metadata.patroni;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads Patroni's documents. Fields beyond the needed ones are ignored, since every version adds some; null stands for a
 * document that makes no sense. Stateless.
 */
final class PatroniDocuments {

    private static final int DEFAULT_PORT = 5432;

    private PatroniDocuments() {}

    /** A member's document, or null. */
    static @Nullable PatroniMember member(String name, String text) {
        try {
            JsonElement element = JsonParser.parseString(text);
            if (!element.isJsonObject()) {
                return null;
            }
            JsonObject json = element.getAsJsonObject();
            Address address = address(string(json, "conn_url"));
            String role = string(json, "role");
            String state = string(json, "state");
            if (address == null || role == null || state == null) {
                return null;
            }
            JsonObject tags = json.get("tags") instanceof JsonObject object ? object : new JsonObject();
            return new PatroniMember(
                    name,
                    address.host(),
                    address.port(),
                    role,
                    state,
                    timeline(json.get("timeline")),
                    !(tags.get("noloadbalance") instanceof JsonPrimitive tag && tag.getAsBoolean()),
                    string(tags, "zone"));
        } catch (JsonParseException | IllegalArgumentException e) {
            return null;
        }
    }

    /** The timeline that the history leads to: 1 for an empty one, 0 for one that makes no sense. */
    static long timelineOfHistory(String text) {
        try {
            JsonElement element = JsonParser.parseString(text);
            if (!element.isJsonArray()) {
                return 0;
            }
            JsonArray changes = element.getAsJsonArray();
            if (changes.isEmpty()) {
                return 1;
            }
            JsonElement last = changes.get(changes.size() - 1);
            long left = last.isJsonArray() && !last.getAsJsonArray().isEmpty()
                    ? timeline(last.getAsJsonArray().get(0))
                    : 0;
            return left == 0 ? 0 : left + 1;
        } catch (JsonParseException | IllegalArgumentException e) {
            return 0;
        }
    }

    private static @Nullable String string(JsonObject json, String field) {
        JsonElement value = json.get(field);
        return value != null
                        && value.isJsonPrimitive()
                        && value.getAsJsonPrimitive().isString()
                ? value.getAsString()
                : null;
    }

    /** Timelines are 32-bit numbers without a sign. */
    private static long timeline(@Nullable JsonElement value) {
        if (value == null
                || !value.isJsonPrimitive()
                || !value.getAsJsonPrimitive().isNumber()) {
            return 0;
        }
        double number = value.getAsDouble();
        return number >= 1 && number <= 0xFFFF_FFFFL ? (long) number : 0;
    }

    private record Address(String host, int port) {}

    /** Where {@code postgres://[user[:password]@]host[:port]/database} leads; credentials are dropped. */
    private static @Nullable Address address(@Nullable String url) {
        int scheme = url == null ? -1 : url.indexOf("://");
        if (url == null || scheme < 0) {
            return null;
        }
        String rest = url.substring(scheme + 3);
        int end = 0;
        while (end < rest.length() && "/?#".indexOf(rest.charAt(end)) < 0) {
            end++;
        }
        String authority = rest.substring(0, end);
        authority = authority.substring(authority.lastIndexOf('@') + 1);
        int hostEnd = authority.startsWith("[") ? authority.indexOf(']') + 1 : authority.indexOf(':');
        if (hostEnd < 0) {
            hostEnd = authority.length();
        }
        String host = authority.substring(0, hostEnd);
        if (host.startsWith("[")) {
            host = host.substring(1, host.length() - 1);
        } else {
            host = URLDecoder.decode(host.replace("+", "%2B"), StandardCharsets.UTF_8);
        }
        String port = authority.substring(hostEnd);
        if (host.isEmpty() || host.chars().anyMatch(c -> c <= ' ' || ",/\\'\"".indexOf(c) >= 0)) {
            return null; // several hosts, a socket's directory, or no host at all
        }
        if (port.isEmpty()) {
            return new Address(host, DEFAULT_PORT);
        }
        if (!port.matches(":[0-9]{1,5}")) {
            return null;
        }
        int number = Integer.parseInt(port.substring(1));
        return number < 1 || number > 65535 ? null : new Address(host, number);
    }
}
