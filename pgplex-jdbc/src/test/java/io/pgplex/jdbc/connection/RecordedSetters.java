package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.BoundParameters;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringWriter;
import java.lang.reflect.Proxy;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The setters that a physical statement would receive, as text. */
final class RecordedSetters {

    private RecordedSetters() {}

    static List<String> of(BoundParameters parameters) throws SQLException {
        List<String> calls = new ArrayList<>();
        PreparedStatement target = (PreparedStatement) Proxy.newProxyInstance(
                RecordedSetters.class.getClassLoader(),
                new Class<?>[] {PreparedStatement.class},
                (proxy, method, arguments) -> {
                    List<String> values = new ArrayList<>();
                    for (Object argument : arguments) {
                        values.add(text(argument));
                    }
                    calls.add(method.getName() + values.stream().collect(Collectors.joining(", ", "(", ")")));
                    return null;
                });
        for (int i = 0; i < parameters.count(); i++) {
            parameters.apply(i, target, i + 1);
        }
        return calls;
    }

    private static String text(Object value) throws Exception {
        if (value instanceof byte[] bytes) {
            return Arrays.toString(bytes);
        } else if (value instanceof InputStream stream) {
            return "stream of " + Arrays.toString(stream.readAllBytes());
        } else if (value instanceof Reader reader) {
            StringWriter text = new StringWriter();
            reader.transferTo(text);
            return "reader of " + text;
        } else if (value instanceof java.sql.Clob clob) {
            return "clob of " + clob.getSubString(1, (int) clob.length());
        }
        return String.valueOf(value);
    }
}
