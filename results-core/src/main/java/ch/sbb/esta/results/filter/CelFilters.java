package ch.sbb.esta.results.filter;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.CelSourceLocation;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelReference;
import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Parses and type-checks filters with CEL; nothing else of the product sees that library. */
final class CelFilters {

    private static final int MAX_DEPTH = 64;
    private static final int MAX_NODES = 1_000;

    private final CelCompiler compiler;
    private final Set<String> fields;
    private final Map<String, Expression> constants;

    CelFilters(Map<String, CelType> fields, Map<String, Expression> constants) {
        this.fields = Set.copyOf(fields.keySet());
        this.constants = Map.copyOf(constants);
        var builder = CelCompilerFactory.standardCelCompilerBuilder()
                .setOptions(CelOptions.current()
                        .maxExpressionCodePointSize(Filter.MAX_LENGTH)
                        .maxParseRecursionDepth(MAX_DEPTH)
                        .maxParseExpressionNodeCount(MAX_NODES)
                        .enableHeterogeneousNumericComparisons(true)
                        .build())
                .setStandardMacros(CelStandardMacro.HAS)
                .addFunctionDeclarations(CelFunctionDecl.newFunctionDeclaration(
                        "contains",
                        CelOverloadDecl.newMemberOverload(
                                "map_contains_string",
                                SimpleType.BOOL,
                                MapType.create(SimpleType.STRING, SimpleType.STRING),
                                SimpleType.STRING)));
        fields.forEach(builder::addVar);
        constants.forEach((name, value) ->
                builder.addVar(name, value instanceof Expression.Text ? SimpleType.STRING : SimpleType.INT));
        this.compiler = builder.build();
    }

    Expression parse(String text) {
        CelValidationResult checked = compiler.compile(text);
        try {
            CelAbstractSyntaxTree tree = checked.getAst();
            CelType type = tree.getResultType();
            if (!type.equals(SimpleType.BOOL) && !type.equals(SimpleType.DYN)) {
                throw ResultsException.invalid("filter " + Escaped.of(text) + " is no condition: it yields "
                        + type.name() + "; compare it with something");
            }
            return new Conversion(tree).of(tree.getExpr());
        } catch (CelValidationException e) {
            throw new ResultsException(ResultsException.Code.INVALID, message(text, e.getErrors()), e);
        }
    }

    private static String message(String text, List<CelIssue> issues) {
        CelIssue first = issues.get(0);
        return "filter " + Escaped.of(text) + ", " + place(first.getSourceLocation()) + ": "
                + Escaped.of(first.getMessage());
    }

    /** Columns of CEL count from 0. */
    private static String place(CelSourceLocation location) {
        return "line " + location.getLine() + ", column " + (location.getColumn() + 1);
    }

    private final class Conversion {

        private final CelAbstractSyntaxTree tree;

        Conversion(CelAbstractSyntaxTree tree) {
            this.tree = tree;
        }

        Expression of(CelExpr expression) {
            return switch (expression.getKind()) {
                case CONSTANT -> literal(expression, expression.constant());
                case IDENT -> named(expression, expression.ident().name());
                case SELECT -> select(expression);
                case CALL -> call(expression);
                case LIST -> new Expression.Items(all(expression.list().elements()));
                default -> throw refused(expression, "maps, messages and macros are not part of the language");
            };
        }

        private List<Expression> all(List<CelExpr> expressions) {
            return expressions.stream().map(this::of).toList();
        }

        private Expression literal(CelExpr expression, CelConstant constant) {
            return switch (constant.getKind()) {
                case STRING_VALUE -> new Expression.Text(constant.stringValue());
                case INT64_VALUE -> new Expression.Whole(constant.int64Value());
                case DOUBLE_VALUE -> new Expression.Fraction(constant.doubleValue());
                case BOOLEAN_VALUE -> new Expression.Truth(constant.booleanValue());
                case NULL_VALUE -> new Expression.Null();
                default -> throw refused(expression, "unsigned numbers and bytes are not part of the language");
            };
        }

        /** Names of types, such as {@code int}, are identifiers of CEL too. */
        private Expression named(CelExpr expression, String written) {
            String name = tree.getReference(expression.id())
                    .map(CelReference::name)
                    .filter(known -> !known.isEmpty())
                    .orElse(written);
            if (constants.containsKey(name) || fields.contains(name)) {
                return constants.getOrDefault(name, new Expression.Field(name));
            }
            throw refused(expression, "there is no field " + Escaped.of(name));
        }

        private Expression select(CelExpr expression) {
            if (tree.getReference(expression.id()).isPresent()) {
                return named(expression, "");
            }
            CelExpr.CelSelect select = expression.select();
            var member = new Expression.Member(of(select.operand()), new Expression.Text(select.field()));
            return select.testOnly() ? new Expression.Present(member) : member;
        }

        private Expression call(CelExpr expression) {
            CelExpr.CelCall call = expression.call();
            List<Expression> arguments = new ArrayList<>();
            call.target().ifPresent(target -> arguments.add(of(target)));
            arguments.addAll(all(call.args()));
            if (call.function().equals("_[_]")) {
                return new Expression.Member(arguments.get(0), arguments.get(1));
            }
            return new Expression.Call(
                    Function.find(call.function(), arguments.size())
                            .orElseThrow(() -> refused(
                                    expression, "there is no " + Escaped.of(call.function()) + " with these operands")),
                    arguments);
        }

        private ResultsException refused(CelExpr expression, String why) {
            int offset = tree.getSource().getPositionsMap().getOrDefault(expression.id(), 0);
            CelSourceLocation location =
                    tree.getSource().getOffsetLocation(offset).orElse(CelSourceLocation.of(1, 0));
            return ResultsException.invalid("filter, " + place(location) + ": " + why);
        }
    }
}
