package io.pgplex.jdbc.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLFeatureNotSupportedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The generated half of the surface against the interfaces of the JVM that runs the test. */
class GeneratedDelegatesTest {
    private final List<String> calls = new ArrayList<>();
    private final FakeSession session = new FakeSession();
    private final PgplexConnection connection = FakeSession.connectionOver(session);

    GeneratedDelegatesTest() throws Exception {}

    static Stream<Arguments> implementations() {
        return Stream.of(
                Arguments.of(java.sql.Connection.class, PgplexConnection.class),
                Arguments.of(java.sql.Statement.class, PgplexStatement.class),
                Arguments.of(PreparedStatement.class, PgplexPreparedStatement.class),
                Arguments.of(CallableStatement.class, PgplexCallableStatement.class),
                Arguments.of(ResultSet.class, PgplexResultSet.class),
                Arguments.of(DatabaseMetaData.class, PgplexDatabaseMetaData.class),
                Arguments.of(ResultSetMetaData.class, CopiedResultSetMetaData.class),
                Arguments.of(java.sql.ParameterMetaData.class, CopiedParameterMetaData.class));
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void everyMethodThatIsNotADefaultIsImplemented(Class<?> type, Class<?> implementation) throws Exception {
        for (Method method : type.getMethods()) {
            if (!method.isDefault() && !Modifier.isStatic(method.getModifiers())) {
                Method own = implementation.getMethod(method.getName(), method.getParameterTypes());
                assertThat(Modifier.isAbstract(own.getModifiers()))
                        .as(method.toString())
                        .isFalse();
            }
        }
    }

    @Test
    void everyResultSetCallReachesTheSameMethodWithTheSameArguments() throws Exception {
        ResultSet resultSet = new PgplexResultSet(recording(ResultSet.class), null);
        for (Method method : ResultSet.class.getMethods()) {
            String name = method.getName();
            if (name.equals("getStatement") || name.equals("unwrap") || name.equals("isWrapperFor")) {
                continue;
            }
            calls.clear();
            method.invoke(resultSet, arguments(method));
            assertThat(calls).containsExactly(described(method, arguments(method)));
        }
    }

    @Test
    void everySetterIsRepeatedOnAPhysicalStatementOrRefused() throws Exception {
        for (Method method : PreparedStatement.class.getMethods()) {
            if (!method.getName().startsWith("set") || method.getParameterCount() < 2) {
                continue;
            }
            calls.clear();
            PgplexPreparedStatement statement = (PgplexPreparedStatement) connection.prepareStatement("SELECT ?");
            try {
                method.invoke(statement, arguments(method));
            } catch (InvocationTargetException refused) {
                assertThat(refused.getCause()).isInstanceOf(SQLFeatureNotSupportedException.class);
                continue;
            }
            statement.values().apply(0, recording(PreparedStatement.class), 3);
            Object[] expected = arguments(method);
            expected[0] = 3;
            String call = described(method, expected);
            // without a type, null goes the way of setNull
            boolean untyped = method.getName().equals("setObject") && method.getParameterCount() == 2;
            assertThat(calls).containsExactly(untyped ? "setNull[3, 1111]" : call);
        }
    }

    @Test
    void copiedMetadataAnswersForEveryColumn() throws Exception {
        ResultSetMetaData copy = new CopiedResultSetMetaData(recording(ResultSetMetaData.class));

        assertThat(copy.getColumnCount()).isEqualTo(1);
        assertThat(copy.getColumnType(1)).isEqualTo(1);
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> copy.getColumnType(2))
                .hasMessage("The column index is out of range: 2, number of columns: 1.");
    }

    private <T> T recording(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    calls.add(described(method, arguments));
                    return zero(method.getReturnType(), 1);
                }));
    }

    private static String described(Method method, Object[] arguments) {
        return method.getName() + (arguments == null ? "[]" : Arrays.toString(arguments));
    }

    private static Object[] arguments(Method method) {
        return Arrays.stream(method.getParameterTypes())
                .map(type -> zero(type, 1))
                .toArray();
    }

    private static Object zero(Class<?> type, int number) {
        if (type == int.class) {
            return number;
        } else if (type == long.class) {
            return (long) number;
        } else if (type == short.class) {
            return (short) number;
        } else if (type == byte.class) {
            return (byte) number;
        } else if (type == float.class) {
            return (float) number;
        } else if (type == double.class) {
            return (double) number;
        } else if (type == boolean.class) {
            return true;
        }
        return null;
    }
}
