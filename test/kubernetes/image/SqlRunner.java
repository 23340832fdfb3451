import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/** Runs the SQL that is its argument, or that is in the file which its argument names. */
public final class SqlRunner {
    private static final Pattern SET =
            Pattern.compile("SET\\s+'((?:[^']|'')+)'\\s*=\\s*'((?:[^']|'')*)'", Pattern.CASE_INSENSITIVE);
    private static final Pattern STATEMENT_SET =
            Pattern.compile("EXECUTE\\s+STATEMENT\\s+SET\\b.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern END = Pattern.compile(".*\\bEND", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    public static void main(String[] args) throws Exception {
        String script = args[0].contains(";") ? args[0] : Files.readString(Path.of(args[0]));
        TableEnvironment tables = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        for (String statement : statements(script)) {
            Matcher set = SET.matcher(statement);
            if (set.matches()) {
                tables.getConfig().set(plain(set.group(1)), plain(set.group(2)));
            } else {
                tables.executeSql(statement);
            }
        }
    }

    private static String plain(String literal) {
        return literal.replace("''", "'");
    }

    /** What stands between semicolons that are in no quotes and no statement set; without comments. */
    private static List<String> statements(String script) {
        List<String> statements = new ArrayList<>();
        StringBuilder statement = new StringBuilder();
        for (int at = 0; at < script.length(); at++) {
            char c = script.charAt(at);
            if (c == '\'' || c == '`') {
                int close = script.indexOf(c, at + 1);
                statement.append(script, at, close + 1);
                at = close;
            } else if (script.startsWith("--", at)) {
                int end = script.indexOf('\n', at);
                at = end < 0 ? script.length() : end;
                statement.append('\n');
            } else if (c == ';' && isWhole(statement)) {
                statements.add(statement.toString().strip());
                statement.setLength(0);
            } else {
                statement.append(c);
            }
        }
        return statements;
    }

    private static boolean isWhole(StringBuilder statement) {
        String text = statement.toString().strip();
        return !STATEMENT_SET.matcher(text).matches() || END.matcher(text).matches();
    }
}
