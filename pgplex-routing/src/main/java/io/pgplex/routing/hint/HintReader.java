package io.pgplex.routing.hint;

/** Reads one hint from left to right: {@code name = value} with commas or white space between. Confined to one thread. */
final class HintReader {
    private static final String SYNTAX =
            "A hint reads --!pgplex option=value, option='value' or /*!pgplex option=value */.";

    private final String text;
    private final int end;
    private int at;

    HintReader(String text) {
        this.text = text;
        this.at = "--!pgplex".length();
        this.end = text.startsWith("/*") ? text.length() - 2 : text.length();
    }

    /** Whether another option follows. */
    boolean hasNext() {
        skipBlank();
        return at < end;
    }

    int offset() {
        return at;
    }

    String name() {
        skipBlank();
        int begin = at;
        while (at < end && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_')) {
            at++;
        }
        if (at == begin) {
            throw malformed("an option's name is expected", begin);
        }
        return text.substring(begin, at);
    }

    HintValue value() {
        skipBlank();
        if (at >= end || text.charAt(at) != '=') {
            throw malformed("\"=\" is expected", at);
        }
        at++;
        skipBlank();
        return at < end && text.charAt(at) == '\'' ? quoted() : bare();
    }

    /** Goes over the comma between two options. */
    void separator() {
        int before = at;
        skipBlank();
        if (at < end && text.charAt(at) == ',') {
            at++;
            if (!hasNext()) {
                throw malformed("an option's name is expected", at);
            }
        } else if (at < end && at == before) {
            throw malformed("a comma is expected", at);
        }
    }

    private HintValue quoted() {
        int begin = at;
        StringBuilder value = new StringBuilder();
        at++;
        while (at < end) {
            char c = text.charAt(at);
            at++;
            if (c != '\'') {
                value.append(c);
            } else if (at < end && text.charAt(at) == '\'') {
                value.append(c);
                at++;
            } else {
                return new HintValue(value.toString(), true, begin);
            }
        }
        throw malformed("unterminated quoted string", begin);
    }

    private HintValue bare() {
        int begin = at;
        while (at < end && !isBlank(text.charAt(at)) && ",='\";".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        if (at == begin) {
            throw malformed("a value is expected", begin);
        }
        return new HintValue(text.substring(begin, at), false, begin);
    }

    private void skipBlank() {
        while (at < end && isBlank(text.charAt(at))) {
            at++;
        }
    }

    private static boolean isBlank(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    HintException malformed(String reason, int offset) {
        return new HintException(HintException.MALFORMED, "malformed hint: " + reason, text, offset, SYNTAX);
    }

    HintException unknown(String message, int offset, String valid) {
        return new HintException(HintException.UNKNOWN, message, text, offset, valid);
    }

    HintException contradiction(HintOption option, HintValue value) {
        return malformed("option \"" + option + "\" is given two values", value.offset());
    }
}
