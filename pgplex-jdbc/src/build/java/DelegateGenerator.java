import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeParameterElement;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.ElementFilter;
import javax.lang.model.util.Elements;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * Writes the mechanical half of the JDBC surface: classes that pass calls of java.sql on, record them, or keep their
 * answers. A program of one file that the build runs before it compiles; its argument is the directory to write to.
 *
 * <p>The interfaces are read through the compiler with {@code --release 17}, so that every JDK writes the same classes.
 */
public final class DelegateGenerator {
    private static final String PACKAGE = "io.pgplex.jdbc.connection";

    /** Where the only class goes that other packages extend, too. */
    private static final String SHARED_PACKAGE = "io.pgplex.jdbc.delegate";

    /** Setters that are called per execution; PgplexPreparedStatement has them, without a recorded call. */
    private static final Pattern UNRECORDED = Pattern.compile(
            "set(Byte|Short|Int|Long|String)\\(.*|setNull\\(int,int\\)|setObject\\(int,java.lang.Object\\)");

    /** What pgjdbc does not implement either, and says so when it is called rather than when the statement runs. */
    private static final Pattern NOT_IMPLEMENTED =
            Pattern.compile("set(Ref|URL|RowId|NString|NCharacterStream|NClob)\\(.*"
                    + "|set(Character|Ascii)Stream\\(.*,long\\)|setAsciiStream\\(int,java.io.InputStream\\)"
                    + "|setClob\\(int,java.io.Reader.*|setObject\\(.*SQLType.*");

    private final Elements elements;
    private final Path directory;

    private DelegateGenerator(Elements elements, Path directory) {
        this.elements = elements;
        this.directory = directory;
    }

    public static void main(String[] arguments) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        var task = (com.sun.source.util.JavacTask) compiler.getTask(
                null, null, null, List.of("--release", "17", "-proc:none"), List.of("java.lang.Object"), null);
        new DelegateGenerator(task.getElements(), Path.of(arguments[0])).writeAll();
    }

    private void writeAll() throws IOException {
        String hook = "    protected abstract %s delegate() throws java.sql.SQLException;\n";
        write(
                "DelegatingResultSet",
                "implements java.sql.ResultSet",
                "Passes every call on to another result set.",
                String.format(hook, "java.sql.ResultSet"),
                methods("java.sql.ResultSet"),
                DelegateGenerator::delegated);
        write(
                "DelegatingDatabaseMetaData",
                "extends DatabaseQuestions implements java.sql.DatabaseMetaData",
                "Asks every question of another connection's metadata.",
                "",
                methods(
                        "java.sql.DatabaseMetaData",
                        "getConnection",
                        "getDriverMajorVersion",
                        "getDriverMinorVersion",
                        "unwrap",
                        "isWrapperFor"),
                DelegateGenerator::asked);
        write(
                "RecordingPreparedStatement",
                "extends PgplexStatement implements java.sql.PreparedStatement",
                "Records the setters that are not called for every execution, to repeat them on physical statements.",
                """
                    abstract void record(int index, Object value, ParameterSetter setter) throws java.sql.SQLException;

                    RecordingPreparedStatement(PgplexConnection connection, io.pgplex.jdbc.execute.ExecuteOptions options) {
                        super(connection, options);
                    }
                """,
                recordedSetters(),
                DelegateGenerator::recorded);
        write(
                "DelegatingCallableStatement",
                "extends PgplexPreparedStatement implements java.sql.CallableStatement",
                "Reads out parameters from the physical statement that was executed.",
                String.format(hook, "java.sql.CallableStatement") + """

                    DelegatingCallableStatement(
                            PgplexConnection connection,
                            io.pgplex.jdbc.execute.PreparedText text,
                            io.pgplex.jdbc.execute.ExecuteOptions options) {
                        super(connection, text, options);
                    }
                """,
                callableMethods(),
                method -> isGetter(method) ? delegated(method) : notImplemented(method));
        writeCopy("ResultSetMetaData");
        writeCopy("ParameterMetaData");
    }

    private List<ExecutableElement> methods(String type, String... except) {
        return ElementFilter.methodsIn(elements.getAllMembers(elements.getTypeElement(type))).stream()
                .filter(method -> method.getEnclosingElement().getKind() == ElementKind.INTERFACE)
                .filter(method -> !method.getModifiers().contains(Modifier.STATIC))
                .filter(method ->
                        !List.of(except).contains(method.getSimpleName().toString()))
                .sorted(Comparator.comparing(DelegateGenerator::signature))
                .toList();
    }

    private List<ExecutableElement> recordedSetters() {
        return methods("java.sql.PreparedStatement").stream()
                .filter(method -> signature(method).matches("set[A-Za-z]+\\(int,.*"))
                .filter(method -> !UNRECORDED.matcher(signature(method)).matches())
                .toList();
    }

    private List<ExecutableElement> callableMethods() {
        return methods("java.sql.CallableStatement").stream()
                .filter(method -> method.getEnclosingElement().toString().equals("java.sql.CallableStatement"))
                .filter(method -> !signature(method).matches("registerOutParameter\\(int,int(,int)?\\)"))
                .toList();
    }

    private static boolean isGetter(ExecutableElement method) {
        String name = method.getSimpleName().toString();
        return name.startsWith("get") || name.equals("wasNull");
    }

    private static String delegated(ExecutableElement method) {
        return returns(method) + "delegate()." + call(method, names(method)) + ";";
    }

    private static String asked(ExecutableElement method) {
        boolean rows = method.getReturnType().toString().equals("java.sql.ResultSet");
        return "return " + (rows ? "rows" : "answer") + "(metaData -> metaData." + call(method, names(method)) + ");";
    }

    private static String notImplemented(ExecutableElement method) {
        return "throw JdbcErrors.notImplemented(\"" + signature(method) + "\");";
    }

    private static String recorded(ExecutableElement method) {
        if (NOT_IMPLEMENTED.matcher(signature(method)).matches()) {
            return notImplemented(method);
        }
        StringBuilder copies = new StringBuilder();
        List<String> arguments = new ArrayList<>(List.of("position"));
        for (int i = 1; i < method.getParameters().size(); i++) {
            if (type(method, i).getKind().isPrimitive()) {
                arguments.add("p" + i);
            } else {
                String[] copy = copied(method, i);
                copies.append(copy[0] + " v" + i + " = " + copy[1] + ";\n        ");
                arguments.add(String.format(copy[2], "v" + i));
            }
        }
        String value = type(method, 1).getKind().isPrimitive() ? "p1" : "v1";
        String name = method.getSimpleName().toString();
        if (name.equals("setNull")) {
            value = "null";
        } else if (name.matches("set(Blob|Clob|AsciiStream|UnicodeStream)")) {
            value = "Snapshot.opaque(v1)";
        }
        return copies + "record(p0, " + value + ", (target, position) -> target." + call(method, arguments) + ");";
    }

    /** How an argument is kept: the copy's type, how it is made, and what is passed on in its place. */
    private static String[] copied(ExecutableElement method, int i) {
        String type = type(method, i).toString();
        boolean counted =
                method.getParameters().size() == 3 && !method.getSimpleName().contentEquals("setUnicodeStream");
        String length = counted ? "p2" : "Snapshot.UNLIMITED";
        return switch (type) {
            case "java.io.InputStream" ->
                new String[] {"byte[]", "Snapshot.bytes(p" + i + ", " + length + ")", "Snapshot.stream(%s)"};
            case "java.io.Reader" ->
                new String[] {"String", "Snapshot.text(p" + i + ", " + length + ")", "Snapshot.reader(%s)"};
            case "java.sql.SQLXML" -> new String[] {"String", "Snapshot.text(p" + i + ")", "Snapshot.xml(target, %s)"};
            case "java.lang.Object" -> new String[] {"Object", "Snapshot.of(p" + i + ")", "Snapshot.replayed(%s)"};
            default -> new String[] {type, "Snapshot.of(p" + i + ")", "%s"};
        };
    }

    private void writeCopy(String type) throws IOException {
        List<ExecutableElement> methods = methods("java.sql." + type, "unwrap", "isWrapperFor");
        String count = type.equals("ResultSetMetaData") ? "getColumnCount" : "getParameterCount";
        StringBuilder fields = new StringBuilder();
        StringBuilder copying = new StringBuilder();
        for (ExecutableElement method : methods) {
            String name = method.getSimpleName().toString();
            if (!name.equals(count)) {
                fields.append("    private final " + method.getReturnType() + "[] " + name + ";\n");
                copying.append("        " + name + " = new " + method.getReturnType() + "[count];\n"
                        + "        for (int i = 0; i < count; i++) {\n"
                        + "            " + name + "[i] = source." + name + "(i + 1);\n        }\n");
            }
        }
        write(
                "Copied" + type,
                "extends CopiedMetaData implements java.sql." + type,
                "Answers that were read from metadata of a physical statement. Immutable.",
                fields + "\n    Copied" + type + "(java.sql." + type + " source) throws java.sql.SQLException {\n"
                        + "        super(source." + count + "());\n" + copying + "    }\n",
                methods,
                method -> method.getSimpleName().contentEquals(count)
                        ? "return count;"
                        : "return " + method.getSimpleName() + "[index(p0)];");
    }

    private void write(
            String name,
            String parents,
            String purpose,
            String preamble,
            List<ExecutableElement> methods,
            Function<ExecutableElement, String> body)
            throws IOException {
        String target = name.equals("DelegatingResultSet") ? SHARED_PACKAGE : PACKAGE;
        StringBuilder source = new StringBuilder("package " + target + ";\n\n");
        source.append("/** " + purpose + " Generated by DelegateGenerator. */\n");
        source.append("@org.jspecify.annotations.NullUnmarked\n@SuppressWarnings({\"deprecation\", \"all\"})\n");
        source.append("public " + (name.startsWith("Copied") ? "class " : "abstract class ") + name + " " + parents
                + " {\n\n" + preamble);
        for (ExecutableElement method : methods) {
            source.append("\n    @Override\n    public " + declaration(method) + " {\n");
            source.append("        " + body.apply(method) + "\n    }\n");
        }
        source.append("}\n");
        Path file = directory.resolve(target.replace('.', '/')).resolve(name + ".java");
        Files.createDirectories(file.getParent());
        // an unchanged file keeps its time, so that an unchanged module is not compiled again
        if (!Files.exists(file) || !Files.readString(file).contentEquals(source)) {
            Files.writeString(file, source);
        }
    }

    private static String declaration(ExecutableElement method) {
        String variables = method.getTypeParameters().isEmpty()
                ? ""
                : method.getTypeParameters().stream()
                        .map(TypeParameterElement::toString)
                        .collect(Collectors.joining(", ", "<", "> "));
        String parameters = IntStream.range(0, method.getParameters().size())
                .mapToObj(i -> method.getParameters().get(i).asType() + " p" + i)
                .collect(Collectors.joining(", "));
        String thrown = method.getThrownTypes().isEmpty()
                ? ""
                : " throws "
                        + method.getThrownTypes().stream().map(Object::toString).collect(Collectors.joining(", "));
        return variables + method.getReturnType() + " " + method.getSimpleName() + "(" + parameters + ")" + thrown;
    }

    private static TypeMirror type(ExecutableElement method, int parameter) {
        return method.getParameters().get(parameter).asType();
    }

    private static String returns(ExecutableElement method) {
        return method.getReturnType().getKind() == TypeKind.VOID ? "" : "return ";
    }

    private static String call(ExecutableElement method, List<String> arguments) {
        return method.getSimpleName() + "(" + String.join(", ", arguments) + ")";
    }

    private static List<String> names(ExecutableElement method) {
        return IntStream.range(0, method.getParameters().size())
                .mapToObj(i -> "p" + i)
                .toList();
    }

    private static String signature(ExecutableElement method) {
        return method.getSimpleName()
                + method.getParameters().stream()
                        .map(parameter -> parameter.asType().toString())
                        .collect(Collectors.joining(",", "(", ")"));
    }
}
