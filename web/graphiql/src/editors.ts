import { useGraphiQL } from "@graphiql/react";
import { useEffect, useRef } from "react";

/** Shows whole lines, however narrow an editor is, and lets the first key pressed go to the operation. */
export function useReadableEditors(): void {
  const { queryEditor, variableEditor, headerEditor, responseEditor } = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
    headerEditor: state.headerEditor,
    responseEditor: state.responseEditor,
  }));
  useEffect(() => {
    for (const editor of [queryEditor, variableEditor, headerEditor, responseEditor])
      editor?.updateOptions({ fontSize: 13, wordWrap: "on", wrappingIndent: "indent" });
  }, [queryEditor, variableEditor, headerEditor, responseEditor]);
  const focused = useRef(false);
  useEffect(() => {
    if (!focused.current) queryEditor?.focus();
    focused.current ||= queryEditor !== undefined;
  }, [queryEditor]);
}

/** Carries headers that somebody typed over to tabs whose headers nobody touched: a token is given once. */
export function useSharedHeaders(defaultHeaders: string): void {
  const { headerEditor, activeTabIndex } = useGraphiQL((state) => ({
    headerEditor: state.headerEditor,
    activeTabIndex: state.activeTabIndex,
  }));
  const typed = useRef<string>(undefined);

  useEffect(() => {
    const listening = headerEditor?.onDidChangeModelContent(({ isFlush }) => {
      // A flush is GraphiQL showing another tab's headers, or those of something in its history, which has none.
      if (!isFlush) typed.current = headerEditor.getValue();
      else if (headerEditor.getValue() === "") headerEditor.setValue(typed.current ?? defaultHeaders);
    });
    return () => listening?.dispose();
  }, [headerEditor, defaultHeaders]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another tab is the occasion.
  useEffect(() => {
    if (typed.current !== undefined && headerEditor?.getValue() === defaultHeaders)
      headerEditor.setValue(typed.current);
  }, [headerEditor, activeTabIndex, defaultHeaders]);
}
