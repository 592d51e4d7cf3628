// A Vite plugin: takes line breaks and indentation out of the templates of Lit, where they mean no more than a space.
import ts from "typescript";
import type { Plugin } from "vite";

const TAGS = new Set(["html", "svg", "css", "staticHtml"]);

export function minifyTemplates(): Plugin {
  return {
    name: "minify-templates",
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith(".ts") || id.includes("node_modules")) return null;
      return { code: minified(code, id), map: null };
    },
  };
}

function minified(code: string, id: string): string {
  const source = ts.createSourceFile(id, code, ts.ScriptTarget.Latest, true);
  const edits: [number, number, string][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && TAGS.has(node.tag.getText())) {
      const { template } = node;
      const parts = ts.isNoSubstitutionTemplateLiteral(template)
        ? [template]
        : [template.head, ...template.templateSpans.map((span) => span.literal)];
      const shrink = node.tag.getText() === "css" ? shrinkStyles : shrinkMarkup;
      for (const part of parts) edits.push([part.getStart(), part.getEnd(), shrink(part.getText())]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  edits.sort(([one], [other]) => other - one);
  return edits.reduce((text, [start, end, part]) => text.slice(0, start) + part + text.slice(end), code);
}

const shrinkMarkup = (text: string): string => text.replaceAll(/\s*\n\s*/g, " ");

const shrinkStyles = (text: string): string =>
  text
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll(/\s*([{};,>])\s*/g, "$1")
    .replaceAll(/: /g, ":")
    .replaceAll(";}", "}");
