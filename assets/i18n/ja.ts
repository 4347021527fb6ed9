<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ja_JP" sourcelanguage="en">
<context>
    <name>Adapter</name>
    <message>
        <source>adapter on</source>
        <translation>アダプターあり</translation>
    </message>
    <message>
        <source>adapter off</source>
        <translation>アダプターなし</translation>
    </message>
</context>
<context>
    <name>AdapterSwitch</name>
    <message>
        <source>Adapter on</source>
        <translation>アダプターあり</translation>
    </message>
    <message>
        <source>Adapter off</source>
        <translation>アダプターなし</translation>
    </message>
    <message>
        <source>The adapter “{adapter}” over “{base}”: switch it on or off, nothing is loaded again</source>
        <translation>「{base}」に重ねたアダプター「{adapter}」を付け外しします(読み込み直しません)</translation>
    </message>
    <message>
        <source>Adapter on or off</source>
        <translation>アダプターの付け外し</translation>
    </message>
</context>
<context>
    <name>AnswerSpanView</name>
    <message>
        <source>The text is the question, the second sentence the passage. Colour: how probable it is that the answer begins (or ends) at this token. Below: the best answers, start times end.</source>
        <translation>テキストが質問、2 つ目の文が答えを探す文章です。色は、答えがそのトークンから始まる(または、そこで終わる)確率です。下は、始まりと終わりの確率の積が大きい答えです。</translation>
    </message>
    <message>
        <source>This model has no head that finds answers in a passage. Checkpoints for question answering do.</source>
        <translation>このモデルには、文章から答えを探す出力層がありません。質問応答用のチェックポイントで表示できます。</translation>
    </message>
    <message>
        <source>The answer begins here</source>
        <translation>答えの始まり</translation>
    </message>
    <message>
        <source>The answer ends here</source>
        <translation>答えの終わり</translation>
    </message>
    <message>
        <source>Best answers</source>
        <translation>答えの候補</translation>
    </message>
    <message>
        <source>No answer (start and end at the first token): {share}.</source>
        <translation>答えなし(始まりも終わりも先頭のトークン)：{share}。</translation>
    </message>
    <message>
        <source>There is no second sentence: the answer is looked for in the text itself.</source>
        <translation>2 つ目の文がないので、テキスト自体から答えを探しています。</translation>
    </message>
    <message>
        <source>Best answer: “{text}”</source>
        <translation>最もよい答え：「{text}」</translation>
    </message>
    <message>
        <source>“{token}”: the answer begins here {start}, ends here {end}</source>
        <translation>「{token}」：ここから始まる {start}、ここで終わる {end}</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>色</translation>
    </message>
    <message>
        <source>start of the answer</source>
        <translation>答えの始まり</translation>
    </message>
    <message>
        <source>end of the answer</source>
        <translation>答えの終わり</translation>
    </message>
    <message>
        <source>{count} others</source>
        <translation>ほか {count} 個</translation>
    </message>
    <message>
        <source>All other pairs of a first and a last token, possible as answers or not</source>
        <translation>最初と最後のトークンのほかの組み合わせすべて(答えになり得ないものも含む)</translation>
    </message>
</context>
<context>
    <name>AttentionLinesView</name>
    <message>
        <source>Query (looks)</source>
        <translation>クエリ(見る側)</translation>
    </message>
    <message>
        <source>Key (is looked at)</source>
        <translation>キー(見られる側)</translation>
    </message>
    <message>
        <source>B − A: red lines are more in B, dashed blue ones in A.</source>
        <translation>B − A：赤い線は B の方が強く、青い破線は A の方が強い注意です。</translation>
    </message>
    <message>
        <source>Nothing changes.</source>
        <translation>どこも変わりません。</translation>
    </message>
    <message>
        <source>{count} lines carry {share} % of all change; the thickest is {largest}.</source>
        <translation>変化全体の {share} % を {count} 本の線で示します。最も太い線の変化は {largest} です。</translation>
    </message>
    <message>
        <source>“{query}” looks at “{key}”: {weights}</source>
        <translation>「{query}」→「{key}」 {weights}</translation>
    </message>
    <message>
        <source>“{token}”: {found}</source>
        <translation>「{token}」：{found}</translation>
    </message>
    <message>
        <source>A line joins a token that looks with one that it looks at; the stronger the line, the larger the weight. Each head has its colour. Point at a token to leave only its lines: bars show its weights, head by head.</source>
        <translation>線は「見る」トークンと「見られる」トークンを結び、濃いほど重みが大きいことを表します。色はヘッドごとに決まっています。トークンを指すとその線だけが残り、棒がヘッドごとの重みを示します。</translation>
    </message>
    <message>
        <source>layer {layer}</source>
        <translation>層 {layer}</translation>
    </message>
    <message>
        <source>{count} heads</source>
        <translation>{count} ヘッド</translation>
    </message>
    <message>
        <source>head {head}</source>
        <translation>ヘッド {head}</translation>
    </message>
    <message>
        <source>head {head}: {weight}</source>
        <translation>ヘッド {head}：{weight}</translation>
    </message>
    <message>
        <source>“{token}” {weight} (head {head})</source>
        <translation>「{token}」{weight}(ヘッド {head})</translation>
    </message>
    <message>
        <source>“{token}”: nothing is left to look at</source>
        <translation>「{token}」：見る先が残っていません</translation>
    </message>
    <message>
        <source>“{token}” looks most at {found}</source>
        <translation>「{token}」が最も強く見ているのは {found}</translation>
    </message>
    <message>
        <source>“{token}” is looked at most by {found}</source>
        <translation>「{token}」を最も強く見ているのは {found}</translation>
    </message>
    <message>
        <source>head {head}: {weight}  “{token}”</source>
        <translation>ヘッド {head}：{weight}  「{token}」</translation>
    </message>
    <message>
        <source>All heads</source>
        <translation>すべてのヘッド</translation>
    </message>
    <message>
        <source>Lines of all heads of the layer, or of the selected one alone</source>
        <translation>この層のすべてのヘッドの線、または選んだヘッドだけの線</translation>
    </message>
    <message>
        <source>Sides</source>
        <translation>並べ方</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>2 列</translation>
    </message>
    <message>
        <source>Rows</source>
        <translation>2 行</translation>
    </message>
    <message>
        <source>Tokens in two columns, or in two rows</source>
        <translation>トークンを 2 列に並べるか、2 行に並べるか</translation>
    </message>
    <message>
        <source>How much of every token's attention the drawn lines carry together</source>
        <translation>描く線が、各トークンの注意のうち合わせてどれだけを占めるか</translation>
    </message>
    <message>
        <source>Heads</source>
        <translation>ヘッド</translation>
    </message>
    <message>
        <source>Lines for {share} %</source>
        <translation>注意の {share} %</translation>
    </message>
    <message>
        <source>Nothing is left to look at.</source>
        <translation>見る先が残っていません。</translation>
    </message>
    <message>
        <source>The strongest {limit} lines of every token carry {share} % of all attention together.</source>
        <translation>各トークンの強い方から {limit} 本までの線が、注意全体の {share} % を占めます。</translation>
    </message>
    <message>
        <source>The strongest {limit} lines of every token carry {share} % of what is left.</source>
        <translation>各トークンの強い順に {limit} 本の線が、残った注意の {share} % を占めます。</translation>
    </message>
    <message>
        <source>{count} lines carry {share} % of what every token looks at.</source>
        <translation>{count} 本の線が、どのトークンについても注意の {share} % を占めます。</translation>
    </message>
    <message>
        <source>{count} lines carry {share} % of what is left of every token's attention.</source>
        <translation>{count} 本の線が、どのトークンについても残った注意の {share} % を占めます。</translation>
    </message>
    <message>
        <source>Only those between the chosen parts of speech are drawn.</source>
        <translation>選んだ品詞どうしの線だけを描いています。</translation>
    </message>
    <message>
        <source>The strongest {count} in sight are drawn.</source>
        <translation>見えている範囲で強い順に {count} 本を描いています。</translation>
    </message>
</context>
<context>
    <name>AttentionMapView</name>
    <message>
        <source>Each row is a token that looks; the colours say how strongly it looks at each token on top. A row sums to 1: softmax(q·k / √d) over all keys. Hatched cells are masked.</source>
        <translation>各行は「見る」トークンで、色は上に並ぶ各トークンをどれだけ強く見ているかを表します。行の合計は 1 です(全キーにわたる softmax(q·k / √d))。斜線のマスはマスク済みです。</translation>
    </message>
    <message>
        <source>layer {layer} · mean of {count} heads</source>
        <translation>層 {layer} · {count} 個のヘッドの平均</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>重み</translation>
    </message>
    <message>
        <source>Query (looks) → predicts</source>
        <translation>クエリ(見る側)→ 予測するトークン</translation>
    </message>
    <message>
        <source>Query (looks)</source>
        <translation>クエリ(見る側)</translation>
    </message>
    <message>
        <source>Key (is looked at)</source>
        <translation>キー(見られる側)</translation>
    </message>
    <message>
        <source>{query} (predicts {following})</source>
        <translation>{query}(次の {following} を予測)</translation>
    </message>
    <message>
        <source>“{query}” cannot look at “{key}”: masked</source>
        <translation>「{query}」は「{key}」を見られません：マスク済み</translation>
    </message>
    <message>
        <source>“{query}” and “{key}” are never in one text</source>
        <translation>「{query}」と「{key}」が両方ある文はありません</translation>
    </message>
    <message>
        <source>“{query}” looks at “{key}”: {weight}</source>
        <translation>「{query}」→「{key}」を見る重み：{weight}</translation>
    </message>
    <message>
        <source>“{key}” is left out</source>
        <translation>「{key}」は除いてあります</translation>
    </message>
    <message>
        <source>“{query}” looks at “{key}”: {weight} of the {share} % that is left</source>
        <translation>「{query}」→「{key}」を見る重み：{weight}(残った {share} % の中で)</translation>
    </message>
    <message>
        <source>“{query}” → “{key}” {weight}</source>
        <translation>「{query}」→「{key}」 {weight}</translation>
    </message>
    <message>
        <source>Biggest changes: {list}.</source>
        <translation>変化の大きい順：{list}。</translation>
    </message>
    <message>
        <source>Hatched: masked, or only in one text.</source>
        <translation>斜線のマスは、マスク済みか、片方の文にしかないものです。</translation>
    </message>
    <message>
        <source>Nothing changes.</source>
        <translation>どこも変わりません。</translation>
    </message>
    <message>
        <source>Mean of the weights of all heads of this layer: no head looks like this alone.</source>
        <translation>この層の全ヘッドの重みの平均です。1 つのヘッドがこのとおりに見ているわけではありません。</translation>
    </message>
    <message>
        <source>Switched off: it still looks, as the model computed; what it fetches is replaced.</source>
        <translation>無効：重みはモデルが計算したままですが、このヘッドの出力は置き換えられています。</translation>
    </message>
    <message>
        <source>Linear</source>
        <translation>線形</translation>
    </message>
    <message>
        <source>Logarithmic</source>
        <translation>対数</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>色</translation>
    </message>
    <message>
        <source>How a weight becomes a colour</source>
        <translation>重みをどう色にするか</translation>
    </message>
    <message>
        <source>Mean of heads</source>
        <translation>全ヘッドの平均</translation>
    </message>
    <message>
        <source>The mean of all heads of the layer instead of the chosen one</source>
        <translation>選んだヘッドの代わりに、その層の全ヘッドの平均を表示します</translation>
    </message>
</context>
<context>
    <name>AttentionStagesView</name>
    <message>
        <source>Walk through softmax(QKᵀ / √d) V with [ and ]. Point at a cell: its formula appears with the real numbers. Blue is negative, red positive. Always by token, with nothing hidden: the model's own numbers.</source>
        <translation>[ と ] で softmax(QKᵀ / √d) V を一段ずつたどります。マスを指すと、実際の数値を入れた式が出ます。青は負、赤は正。つねにトークン単位で何も隠さず、モデル自身の数値です。</translation>
    </message>
    <message>
        <source>Key (is looked at)</source>
        <translation>キー(見られる側)</translation>
    </message>
    <message>
        <source>Dimension of the head</source>
        <translation>ヘッドの次元</translation>
    </message>
    <message>
        <source>Dimensions of all heads, side by side</source>
        <translation>全ヘッドの次元を並べたもの</translation>
    </message>
    <message>
        <source>Dimension of the residual stream</source>
        <translation>残差ストリームの次元</translation>
    </message>
    <message>
        <source>Query (looks)</source>
        <translation>クエリ(見る側)</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>値</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>重み</translation>
    </message>
    <message>
        <source>sum {total}, scaled {scaled}</source>
        <translation>和 {total}、スケール後 {scaled}</translation>
    </message>
    <message>
        <source>sum {total}, before positions</source>
        <translation>和 {total}(位置を入れる前)</translation>
    </message>
    <message>
        <source>sum {total}</source>
        <translation>和 {total}</translation>
    </message>
    <message>
        <source>These steps are always by token, and nothing is hidden.</source>
        <translation>計算手順はつねにトークン単位で、何も隠しません。</translation>
    </message>
    <message>
        <source>These steps are always by token.</source>
        <translation>計算手順はつねにトークン単位です。</translation>
    </message>
    <message>
        <source>Nothing is hidden in these steps: sinks take part, too.</source>
        <translation>計算手順では何も隠しません。シンクも計算に加わります。</translation>
    </message>
    <message>
        <source>Query times key, dimension by dimension</source>
        <translation>次元ごとのクエリ × キー</translation>
    </message>
    <message>
        <source>Products</source>
        <translation>q·k の積</translation>
    </message>
    <message>
        <source>Show the products of one pair in place of the matrix, or the matrix again  P</source>
        <translation>行列の代わりに一組のトークンの積を表示(もう一度で行列に戻る)  P</translation>
    </message>
</context>
<context>
    <name>Banner</name>
    <message>
        <source>Close this message (Esc)</source>
        <translation>このメッセージを閉じる(Esc)</translation>
    </message>
    <message>
        <source>Next message</source>
        <translation>次のメッセージ</translation>
    </message>
    <message>
        <source>Load it</source>
        <translation>読み込む</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>復元する</translation>
    </message>
    <message>
        <source>{count} messages</source>
        <translation>メッセージ {count} 件</translation>
    </message>
    <message>
        <source>The text is longer than the model can read: {count} tokens at its end were left out.</source>
        <translation>文がモデルの上限より長いため、末尾の {count} トークンを省きました。</translation>
    </message>
    <message>
        <source>This model reads at most {maximum} tokens.</source>
        <translation>このモデルが読めるのは {maximum} トークンまでです。</translation>
    </message>
    <message>
        <source>{family} models compute attention in their own way; it is taken from the model as it is.</source>
        <translation>{family} は注意を独自の方法で計算するため、モデルが出した値をそのまま使います。</translation>
    </message>
    <message>
        <source>Long texts need more memory than with other models.</source>
        <translation>長い文では、ほかのモデルより多くのメモリを使います。</translation>
    </message>
    <message>
        <source>Saved: {path}</source>
        <translation>保存しました：{path}</translation>
    </message>
    <message>
        <source>“{name}” cannot be opened here.</source>
        <translation>「{name}」はここでは開けません。</translation>
    </message>
    <message>
        <source>Drop a text, a .txt file, a trace, a session, a model's or adapter's folder, or a GGUF file.</source>
        <translation>テキスト、.txt ファイル、トレース、作業状態、モデルやアダプターのフォルダ、GGUF ファイルをドロップしてください。</translation>
    </message>
    <message>
        <source>“{name}” holds no text that can be read, or too much of it.</source>
        <translation>「{name}」には読めるテキストがないか、長すぎます。</translation>
    </message>
    <message>
        <source>Of {count} things, “{name}” is taken: one at a time.</source>
        <translation>{count} 個のうち「{name}」を使います。一度に使えるのは 1 つです。</translation>
    </message>
    <message>
        <source>In the clipboard: {text}</source>
        <translation>クリップボードに入れました：{text}</translation>
    </message>
    <message>
        <source>There is nothing under the pointer to copy, and nothing is locked.</source>
        <translation>ポインタの下にコピーできるものがなく、固定されたものもありません。</translation>
    </message>
    <message>
        <source>The picture is in the clipboard.</source>
        <translation>図をクリップボードにコピーしました。</translation>
    </message>
    <message>
        <source>“{model}” has no such part: {names} was left out.</source>
        <translation>「{model}」にない部分は除きました：{names}</translation>
    </message>
    <message>
        <source>All of this model is switched on, unless the bar above the views says otherwise.</source>
        <translation>ビューの上のバーに出ていない部分は、すべて有効です。</translation>
    </message>
    <message>
        <source>“{token}” writes nothing by itself: the text stays as it is.</source>
        <translation>「{token}」はそれだけでは文字にならないため、文は変わりません。</translation>
    </message>
    <message>
        <source>It is a special token, or only a part of a character. Choose another candidate.</source>
        <translation>特殊トークンか、文字の一部だけです。ほかの候補を選んでください。</translation>
    </message>
    <message>
        <source>This is a saved trace: “{model}” itself is needed for that.</source>
        <translation>これは保存されたトレースです。この操作には、モデル「{model}」そのものが必要です。</translation>
    </message>
    <message>
        <source>Load that model, or type and let another one answer.</source>
        <translation>そのモデルを読み込むか、文を入力して別のモデルで実行してください。</translation>
    </message>
    <message>
        <source>It could not be imported: {detail}</source>
        <translation>読み込めませんでした：{detail}</translation>
    </message>
    <message>
        <source>It names no data of a view, but: {detail}</source>
        <translation>ビューのデータではなく、次のものを指しています：{detail}</translation>
    </message>
    <message>
        <source>There is a view of this name already: {detail}</source>
        <translation>同じ名前のビューがすでにあります：{detail}</translation>
    </message>
    <message>
        <source>It was written for a newer version of this program.</source>
        <translation>このプログラムのより新しい版のために作られています。</translation>
    </message>
    <message>
        <source>Its data cannot be used: {detail}</source>
        <translation>データが正しくありません：{detail}</translation>
    </message>
    <message>
        <source>Left out, from other packages: {names}</source>
        <translation>ほかのパッケージのビューのうち、使えないもの：{names}</translation>
    </message>
    <message>
        <source>Last time the program ended before its window was closed.</source>
        <translation>前回は、ウィンドウが閉じられる前にプログラムが終了しました。</translation>
    </message>
    <message>
        <source>What was open then can be opened again.</source>
        <translation>そのとき開いていたものを、もう一度開くことができます。</translation>
    </message>
    <message>
        <source>There is nothing to restore: the program ended as it should.</source>
        <translation>復元するものはありません。前回は正常に終了しています。</translation>
    </message>
    <message>
        <source>The saved settings could not be read; the window starts with defaults.</source>
        <translation>保存された設定を読めなかったため、初期設定で始めます。</translation>
    </message>
</context>
<context>
    <name>BiasPanel</name>
    <message>
        <source>head {head}</source>
        <translation>ヘッド {head}</translation>
    </message>
    <message>
        <source>head {head}, distance {distance}: {value} added to the score</source>
        <translation>ヘッド {head}、距離 {distance}：スコアに {value} を加える</translation>
    </message>
    <message>
        <source>Distance: key − query</source>
        <translation>距離：キー − クエリ</translation>
    </message>
    <message>
        <source>Head</source>
        <translation>ヘッド</translation>
    </message>
    <message>
        <source>bias</source>
        <translation>バイアス</translation>
    </message>
    <message>
        <source>bias on the score</source>
        <translation>スコアへのバイアス</translation>
    </message>
</context>
<context>
    <name>BlackScreen</name>
    <message>
        <source>Black screen; any key shows the window again</source>
        <translation>黒い画面。どのキーでも元に戻ります</translation>
    </message>
</context>
<context>
    <name>BlanksView</name>
    <message>
        <source>Click a token to blank it, and again to restore it. Every blank is predicted with all the others blank, too; what really stands there is marked. Your text stays as it is.</source>
        <translation>トークンをクリックすると空欄になり、もう一度クリックすると戻ります。どの空欄も、ほかの空欄を空けたまま予測します。実際にそこにあるトークンには印がつきます。入力した文は変わりません。</translation>
    </message>
    <message>
        <source>This model fills no blanks. Models that were trained to do so, such as BERT, are shown here.</source>
        <translation>このモデルは穴埋めをしません。ここに表示できるのは、BERT のように穴埋めで学習したモデルです。</translation>
    </message>
    <message>
        <source>Blank {number}</source>
        <translation>空欄 {number}</translation>
    </message>
    <message>
        <source>Blank {number}: “{token}” stands there, {share}, rank {rank}</source>
        <translation>空欄 {number}：元は「{token}」、{share}、{rank} 位</translation>
    </message>
    <message>
        <source>The two sentences belong together: {share}</source>
        <translation>2 つの文はつながっている：{share}</translation>
    </message>
    <message>
        <source>The two sentences belong together: {share} with these blanks, {before} without</source>
        <translation>2 つの文はつながっている：空欄があると {share}、ないと {before}</translation>
    </message>
    <message>
        <source>Click a token to blank it; several may be blank at once.</source>
        <translation>トークンをクリックすると空欄になります。いくつでも空欄にできます。</translation>
    </message>
    <message>
        <source>The first {shown} of {count} blanks are shown.</source>
        <translation>{count} 個の空欄のうち、はじめの {shown} 個を示しています。</translation>
    </message>
    <message>
        <source>Each blank is predicted by itself, with the others blank: the most probable tokens need not make a sentence together.</source>
        <translation>どの空欄も、ほかの空欄を空けたまま別々に予測しています。1 位のトークンを並べても、文になるとは限りません。</translation>
    </message>
    <message>
        <source>Restore all</source>
        <translation>すべて元に戻す</translation>
    </message>
    <message>
        <source>Put back every token that was blanked here</source>
        <translation>ここで空欄にしたトークンをすべて元に戻す</translation>
    </message>
    <message>
        <source>{count} others</source>
        <translation>ほか {count} 個</translation>
    </message>
    <message>
        <source>All other tokens of the vocabulary together</source>
        <translation>語彙に含まれるほかのすべてのトークンの合計</translation>
    </message>
</context>
<context>
    <name>CandidateBars</name>
    <message>
        <source>Rank</source>
        <translation>順位</translation>
    </message>
    <message>
        <source>Token</source>
        <translation>トークン</translation>
    </message>
    <message>
        <source>Probability</source>
        <translation>確率</translation>
    </message>
</context>
<context>
    <name>ChatDialog</name>
    <message>
        <source>Conversation</source>
        <translation>会話</translation>
    </message>
    <message>
        <source>Add the generation prompt (the assistant is to answer)</source>
        <translation>生成プロンプトを加える(アシスタントが答える番にする)</translation>
    </message>
    <message>
        <source>The text that the template writes</source>
        <translation>テンプレートが作る文字列</translation>
    </message>
    <message>
        <source>Add a turn</source>
        <translation>発言を加える</translation>
    </message>
    <message>
        <source>Back to plain text</source>
        <translation>ふつうの文に戻す</translation>
    </message>
    <message>
        <source>Read this text</source>
        <translation>この文字列を読ませる</translation>
    </message>
</context>
<context>
    <name>ClassificationView</name>
    <message>
        <source>Each bar is the probability of one class, by the checkpoint's own head and with its own names. Where tokens are judged, the text is coloured by how sure the head is of each token's best class; click a token.</source>
        <translation>1 本の棒が 1 つのクラスの確率です。チェックポイント自身の出力層と名前を使います。トークンごとに判定するモデルでは、各トークンの 1 位のクラスの確率で文を色分けします。トークンをクリックすると、そのクラスが見られます。</translation>
    </message>
    <message>
        <source>This model has no head that tells classes. Checkpoints for classification do.</source>
        <translation>このモデルには分類用の出力層がありません。分類用のチェックポイントで表示できます。</translation>
    </message>
    <message>
        <source>Probability of the best class</source>
        <translation>1 位のクラスの確率</translation>
    </message>
    <message>
        <source>Each class is judged by itself: the probabilities do not add up to 100 %.</source>
        <translation>クラスごとに別々に判定するので、確率を足しても 100 % になりません。</translation>
    </message>
    <message>
        <source>This head gives a number and no classes.</source>
        <translation>この出力層は、クラスではなく 1 つの数値を出します。</translation>
    </message>
    <message>
        <source>{label}, {share}</source>
        <translation>{label}、{share}</translation>
    </message>
    <message>
        <source>“{token}”: {best}</source>
        <translation>「{token}」：{best}</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>クラス</translation>
    </message>
    <message>
        <source>{count} others</source>
        <translation>ほか {count} 個</translation>
    </message>
    <message>
        <source>All other classes together</source>
        <translation>ほかのクラスの合計</translation>
    </message>
</context>
<context>
    <name>ColoredText</name>
    <message>
        <source>Token</source>
        <translation>トークン</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>値</translation>
    </message>
</context>
<context>
    <name>ColumnMenu</name>
    <message>
        <source>Columns</source>
        <translation>列</translation>
    </message>
    <message>
        <source>Which measures the table shows; drag the head of a column to move it</source>
        <translation>表に出す指標を選びます。列の見出しをドラッグすると並べ替えられます</translation>
    </message>
    <message>
        <source>All columns in their first order</source>
        <translation>すべての列を最初の順に</translation>
    </message>
</context>
<context>
    <name>Commands</name>
    <message>
        <source>Text views</source>
        <translation>テキストのビュー</translation>
    </message>
    <message>
        <source>Attention views</source>
        <translation>注意のビュー</translation>
    </message>
    <message>
        <source>Head views</source>
        <translation>ヘッドのビュー</translation>
    </message>
    <message>
        <source>Layer views</source>
        <translation>層のビュー</translation>
    </message>
    <message>
        <source>Laboratory views</source>
        <translation>実験室のビュー</translation>
    </message>
    <message>
        <source>Edit the text</source>
        <translation>文を編集する</translation>
    </message>
    <message>
        <source>History of texts…</source>
        <translation>文の履歴…</translation>
    </message>
    <message>
        <source>Text before this one</source>
        <translation>1 つ前の文</translation>
    </message>
    <message>
        <source>Text after this one</source>
        <translation>1 つ後の文</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>元に戻す</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>やり直す</translation>
    </message>
    <message>
        <source>Examples…</source>
        <translation>例…</translation>
    </message>
    <message>
        <source>Keep as an example…</source>
        <translation>例として残す…</translation>
    </message>
    <message>
        <source>Choose a model…</source>
        <translation>モデルを選ぶ…</translation>
    </message>
    <message>
        <source>About this model</source>
        <translation>このモデルについて</translation>
    </message>
    <message>
        <source>Choose device and number type…</source>
        <translation>デバイスと数値の型を選ぶ…</translation>
    </message>
    <message>
        <source>Adapter on or off</source>
        <translation>アダプターの付け外し</translation>
    </message>
    <message>
        <source>Compare with and without the adapter</source>
        <translation>アダプターの有無で比べる</translation>
    </message>
    <message>
        <source>Next layer</source>
        <translation>次の層</translation>
    </message>
    <message>
        <source>Previous layer</source>
        <translation>前の層</translation>
    </message>
    <message>
        <source>Next head</source>
        <translation>次のヘッド</translation>
    </message>
    <message>
        <source>Previous head</source>
        <translation>前のヘッド</translation>
    </message>
    <message>
        <source>Next kind of attention</source>
        <translation>注意の種類を切り替える</translation>
    </message>
    <message>
        <source>Unlock the token, leave the field</source>
        <translation>トークンの固定を解く、入力欄から出る</translation>
    </message>
    <message>
        <source>Switch the head off or on</source>
        <translation>ヘッドを無効／有効にする</translation>
    </message>
    <message>
        <source>Switch all heads of the layer off or on</source>
        <translation>層の全ヘッドを無効／有効にする</translation>
    </message>
    <message>
        <source>Switch the layer's feed-forward part off or on</source>
        <translation>層のフィードフォワード部を無効／有効にする</translation>
    </message>
    <message>
        <source>Switch off by zero or by the mean over the text</source>
        <translation>無効化の方法(ゼロ／平均)を切り替える</translation>
    </message>
    <message>
        <source>Switch everything on again</source>
        <translation>すべて有効に戻す</translation>
    </message>
    <message>
        <source>Second view beside the first</source>
        <translation>2 つ目のビューを並べる</translation>
    </message>
    <message>
        <source>Compare with…</source>
        <translation>別の文と比べる…</translation>
    </message>
    <message>
        <source>Next token at the side</source>
        <translation>横に次のトークンを表示</translation>
    </message>
    <message>
        <source>Fill the blank at the side</source>
        <translation>横に穴埋めを表示</translation>
    </message>
    <message>
        <source>Save the picture…</source>
        <translation>図を保存…</translation>
    </message>
    <message>
        <source>Copy what is pointed at</source>
        <translation>指しているものをコピー</translation>
    </message>
    <message>
        <source>Copy the picture</source>
        <translation>図をコピー</translation>
    </message>
    <message>
        <source>Save the whole window as a picture…</source>
        <translation>ウィンドウ全体を画像として保存…</translation>
    </message>
    <message>
        <source>Open a trace…</source>
        <translation>トレースを開く…</translation>
    </message>
    <message>
        <source>Save the trace…</source>
        <translation>トレースを保存…</translation>
    </message>
    <message>
        <source>Load the model of the opened trace</source>
        <translation>開いたトレースのモデルを読み込む</translation>
    </message>
    <message>
        <source>Save the session…</source>
        <translation>作業状態を保存…</translation>
    </message>
    <message>
        <source>Open a session…</source>
        <translation>作業状態を開く…</translation>
    </message>
    <message>
        <source>Open a recent session…</source>
        <translation>最近の作業状態を開く…</translation>
    </message>
    <message>
        <source>Restore what was open before a crash</source>
        <translation>異常終了の前に開いていたものを復元</translation>
    </message>
    <message>
        <source>Stop loading or running</source>
        <translation>読み込みや計算を止める</translation>
    </message>
    <message>
        <source>日本語 / English</source>
        <translation>日本語 / English</translation>
    </message>
    <message>
        <source>Light or dark</source>
        <translation>ライト / ダーク</translation>
    </message>
    <message>
        <source>Lecture mode</source>
        <translation>講義モード</translation>
    </message>
    <message>
        <source>Bar of lecture mode</source>
        <translation>講義モードの操作バー</translation>
    </message>
    <message>
        <source>Large pointer</source>
        <translation>大きなポインター</translation>
    </message>
    <message>
        <source>Spotlight</source>
        <translation>スポットライト</translation>
    </message>
    <message>
        <source>Draw on the picture</source>
        <translation>図に書き込む</translation>
    </message>
    <message>
        <source>Next colour of the pen</source>
        <translation>ペンの次の色</translation>
    </message>
    <message>
        <source>Last stroke back</source>
        <translation>最後の線を取り消す</translation>
    </message>
    <message>
        <source>Erase all marks</source>
        <translation>書き込みをすべて消す</translation>
    </message>
    <message>
        <source>Larger pointer</source>
        <translation>ポインターを大きく</translation>
    </message>
    <message>
        <source>Smaller pointer</source>
        <translation>ポインターを小さく</translation>
    </message>
    <message>
        <source>Freeze the picture</source>
        <translation>画面を静止</translation>
    </message>
    <message>
        <source>Black screen</source>
        <translation>画面を黒く</translation>
    </message>
    <message>
        <source>Window of controls and notes</source>
        <translation>操作とメモのウィンドウ</translation>
    </message>
    <message>
        <source>Larger text</source>
        <translation>文字を大きく</translation>
    </message>
    <message>
        <source>Smaller text</source>
        <translation>文字を小さく</translation>
    </message>
    <message>
        <source>Ordinary size of text</source>
        <translation>文字を標準の大きさに</translation>
    </message>
    <message>
        <source>All commands and keys</source>
        <translation>すべてのコマンドとキー</translation>
    </message>
    <message>
        <source>What am I looking at?</source>
        <translation>この図の説明</translation>
    </message>
    <message>
        <source>Glossary</source>
        <translation>用語集</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>終了</translation>
    </message>
</context>
<context>
    <name>CompareBar</name>
    <message>
        <source>The second text, B; the one at the top is A</source>
        <translation>2 つ目の文 B です。上の文が A です。</translation>
    </message>
    <message>
        <source>Choose a model for the second text</source>
        <translation>2 つ目の文を読むモデルを選ぶ</translation>
    </message>
    <message>
        <source>Stop comparing</source>
        <translation>比較をやめる</translation>
    </message>
    <message>
        <source>Text to compare with</source>
        <translation>比べる文</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>モデル</translation>
    </message>
</context>
<context>
    <name>Comparison</name>
    <message>
        <source>Different kinds of models ({a}, {b}): their heads have no counterparts.</source>
        <translation>モデルの種類が違うので({a}、{b})、ヘッドどうしが対応しません。</translation>
    </message>
    <message>
        <source>Compare two models of one kind.</source>
        <translation>同じ種類のモデルどうしを比べてください。</translation>
    </message>
    <message>
        <source>The models differ in their kinds of attention or in what they predict.</source>
        <translation>2 つのモデルは、注意の種類か予測するものが違います。</translation>
    </message>
    <message>
        <source>The models have {a} and {b} layers: not every head has a counterpart.</source>
        <translation>層の数が {a} と {b} で違うため、対応するヘッドがないものがあります。</translation>
    </message>
    <message>
        <source>Choose a head that both have.</source>
        <translation>両方にあるヘッドを選んでください。</translation>
    </message>
    <message>
        <source>The layers have {a} and {b} heads: not every head has a counterpart.</source>
        <translation>1 層のヘッドの数が {a} と {b} で違うため、対応するヘッドがないものがあります。</translation>
    </message>
    <message>
        <source>No part of one text lines up with any of the other.</source>
        <translation>2 つの文に対応する部分がありません。</translation>
    </message>
    <message>
        <source>Choose texts that have something in common, or another unit.</source>
        <translation>共通する部分のある文か、ほかの単位を選んでください。</translation>
    </message>
    <message>
        <source>One of the two models predicts no tokens.</source>
        <translation>片方のモデルはトークンを予測しません。</translation>
    </message>
    <message>
        <source>Compare two language models.</source>
        <translation>言語モデルどうしを比べてください。</translation>
    </message>
    <message>
        <source>These two runs cannot be compared.</source>
        <translation>この 2 つは比べられません。</translation>
    </message>
    <message>
        <source>Choose another text or model.</source>
        <translation>ほかの文かモデルを選んでください。</translation>
    </message>
    <message>
        <source>decoder</source>
        <translation>デコーダー</translation>
    </message>
    <message>
        <source>encoder</source>
        <translation>エンコーダー</translation>
    </message>
    <message>
        <source>encoder and decoder</source>
        <translation>エンコーダー・デコーダー</translation>
    </message>
</context>
<context>
    <name>ContextMenu</name>
    <message>
        <source>Copy “{value}”</source>
        <translation>「{value}」をコピー</translation>
    </message>
    <message>
        <source>Copy the sentence</source>
        <translation>文をコピー</translation>
    </message>
    <message>
        <source>Copy the row as a table</source>
        <translation>この行を表としてコピー</translation>
    </message>
    <message>
        <source>Open head {head} of layer {layer}</source>
        <translation>層 {layer} のヘッド {head} を開く</translation>
    </message>
    <message>
        <source>Save the picture…</source>
        <translation>図を保存…</translation>
    </message>
    <message>
        <source>Copy the picture</source>
        <translation>図をコピー</translation>
    </message>
    <message>
        <source>What is this?</source>
        <translation>これは何？</translation>
    </message>
    <message>
        <source>“{token}”</source>
        <translation>「{token}」</translation>
    </message>
    <message>
        <source>Unlock {what}</source>
        <translation>{what}の固定を解く</translation>
    </message>
    <message>
        <source>Lock {what}</source>
        <translation>{what}を固定</translation>
    </message>
    <message>
        <source>Only what {token} looks at</source>
        <translation>{token}が見るものだけ</translation>
    </message>
</context>
<context>
    <name>Controller</name>
    <message>
        <source>Save the window as a picture</source>
        <translation>ウィンドウを画像として保存</translation>
    </message>
    <message>
        <source>Traces</source>
        <translation>トレース</translation>
    </message>
    <message>
        <source>Open a trace</source>
        <translation>トレースを開く</translation>
    </message>
    <message>
        <source>Save the trace</source>
        <translation>トレースを保存</translation>
    </message>
</context>
<context>
    <name>DeleteBar</name>
    <message>
        <source>Delete</source>
        <translation>削除</translation>
    </message>
    <message>
        <source>Delete “{source}” ({size}) from this machine? Other programs that use it lose it, too.</source>
        <translation>「{source}」({size})をこのコンピューターから削除しますか。ほかのプログラムでも使えなくなります。</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>残す</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>閉じる</translation>
    </message>
</context>
<context>
    <name>DeviceMenu</name>
    <message>
        <source>Device</source>
        <translation>デバイス</translation>
    </message>
    <message>
        <source>Number type</source>
        <translation>数値の型</translation>
    </message>
</context>
<context>
    <name>Difference</name>
    <message>
        <source>B − A: red is more in B, blue is more in A.</source>
        <translation>B − A：赤は B の方が大きく、青は A の方が大きいことを表します。</translation>
    </message>
    <message>
        <source>No head changes</source>
        <translation>どのヘッドも変わりません</translation>
    </message>
    <message>
        <source>Biggest changes</source>
        <translation>変化の大きいヘッド</translation>
    </message>
</context>
<context>
    <name>DifferenceChoice</name>
    <message>
        <source>The numbers of this text</source>
        <translation>この文だけの数値</translation>
    </message>
    <message>
        <source>What changes from text A to text B</source>
        <translation>文 A から文 B で何が変わるか</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>差</translation>
    </message>
</context>
<context>
    <name>Documents</name>
    <message>
        <source>Sessions</source>
        <translation>作業状態</translation>
    </message>
    <message>
        <source>Save the session</source>
        <translation>作業状態を保存</translation>
    </message>
    <message>
        <source>Open a session</source>
        <translation>作業状態を開く</translation>
    </message>
    <message>
        <source>No session was saved or opened yet</source>
        <translation>保存した、または開いた作業状態はまだありません</translation>
    </message>
</context>
<context>
    <name>Download</name>
    <message>
        <source>{done} of {total}</source>
        <translation>{total} 中 {done}</translation>
    </message>
    <message>
        <source>nothing is coming</source>
        <translation>受信が止まっています</translation>
    </message>
    <message>
        <source>{count} s left</source>
        <translation>残り {count} 秒</translation>
    </message>
    <message>
        <source>{count} min left</source>
        <translation>残り {count} 分</translation>
    </message>
    <message>
        <source>{count} h left</source>
        <translation>残り {count} 時間</translation>
    </message>
</context>
<context>
    <name>Dropping</name>
    <message>
        <source>Read this text: {name}</source>
        <translation>このテキストを読む：{name}</translation>
    </message>
    <message>
        <source>Read the text in {name}</source>
        <translation>{name} のテキストを読む</translation>
    </message>
    <message>
        <source>Open the trace {name}</source>
        <translation>トレース {name} を開く</translation>
    </message>
    <message>
        <source>Open the session {name}</source>
        <translation>作業状態 {name} を開く</translation>
    </message>
    <message>
        <source>Load the model {name}</source>
        <translation>モデル {name} を読み込む</translation>
    </message>
    <message>
        <source>{name} cannot be opened here</source>
        <translation>{name} はここでは開けません</translation>
    </message>
    <message>
        <source>The first that can be used, of {count}</source>
        <translation>{count} 個のうち、使える最初のもの</translation>
    </message>
</context>
<context>
    <name>Errors</name>
    <message>
        <source>Nothing can be switched off in models of this family: they do not let their attention be reached.</source>
        <translation>この系列のモデルは注意の計算に外から触れられないため、何も無効にできません。</translation>
    </message>
    <message>
        <source>This was opened from a file: without its model nothing can be switched off.</source>
        <translation>ファイルから開いたトレースです。モデルがないので、何も無効にできません。</translation>
    </message>
    <message>
        <source>The feed-forward part of layer {detail} was not found.</source>
        <translation>層 {detail} のフィードフォワード部が見つかりませんでした。</translation>
    </message>
    <message>
        <source>The positions of this model cannot be taken away or moved.</source>
        <translation>このモデルの位置情報は、取り除くことも動かすこともできません。</translation>
    </message>
    <message>
        <source>The numbers of tokens do not match: {detail}.</source>
        <translation>トークンの数が合いません：{detail}。</translation>
    </message>
    <message>
        <source>The gradient of this model cannot be computed while parts of its attention are changed.</source>
        <translation>注意の一部を変えている間は、このモデルの勾配を計算できません。</translation>
    </message>
    <message>
        <source>This model has no adapter that could be switched off.</source>
        <translation>このモデルには、切り替えられるアダプターがありません。</translation>
    </message>
    <message>
        <source>Not all layers of this model mix tokens by attention: a part of the text cannot be hidden from them.</source>
        <translation>このモデルには、注意以外の方法でトークンを混ぜる層があるため、テキストの一部を見えなくすることができません。</translation>
    </message>
    <message>
        <source>The whole text would be hidden: there is nothing left to look at.</source>
        <translation>テキスト全体が見えなくなり、見るものが残りません。</translation>
    </message>
    <message>
        <source>Nothing can be done at “{detail}”.</source>
        <translation>「{detail}」の場所には手を加えられません。</translation>
    </message>
    <message>
        <source>A saved trace does not hold the layers of its model, “{detail}”.</source>
        <translation>保存されたトレースには、モデル「{detail}」の層そのものは入っていません。</translation>
    </message>
    <message>
        <source>What stands between the last layer and the output of this model cannot be told ({detail}).</source>
        <translation>このモデルでは、最後の層と出力層の間に何があるかを特定できません({detail})。</translation>
    </message>
    <message>
        <source>The output layer of this model cannot be asked alone ({detail}).</source>
        <translation>このモデルの出力層は単独では計算できません({detail})。</translation>
    </message>
    <message>
        <source>“{detail}” has no language-model head: it predicts no token.</source>
        <translation>「{detail}」には言語モデルの出力層がなく、トークンを予測しません。</translation>
    </message>
    <message>
        <source>What the heads of layer {detail} write cannot be told apart.</source>
        <translation>層 {detail} のヘッドごとの書き込みは区別できません。</translation>
    </message>
    <message>
        <source>The neurons of layer {detail} cannot be found in this model.</source>
        <translation>このモデルでは、層 {detail} のニューロンを見つけられません。</translation>
    </message>
    <message>
        <source>A normalisation stands between the neurons and the stream: no neuron has tokens of its own ({detail}).</source>
        <translation>ニューロンと残差ストリームの間に正規化があるため、ニューロンごとのトークンは求められません({detail})。</translation>
    </message>
    <message>
        <source>The step of layer {detail} is no sum of attention and feed-forward part: nothing lies between them.</source>
        <translation>層 {detail} の出力は注意とフィードフォワード部の和ではないため、その間の値を読めません。</translation>
    </message>
    <message>
        <source>Parts of the model are switched off or changed: what lies inside its blocks is not read meanwhile.</source>
        <translation>モデルの一部が無効か変更されているため、ブロックの途中の値は読めません。</translation>
    </message>
    <message>
        <source>Something unexpected happened: {detail}</source>
        <translation>予期しない問題が起きました：{detail}</translation>
    </message>
    <message>
        <source>Please report it as a bug.</source>
        <translation>不具合として報告してください。</translation>
    </message>
    <message>
        <source>This needs {needed} of memory, and {available} are free.</source>
        <translation>メモリが {needed} 必要ですが、空きは {available} です。</translation>
    </message>
    <message>
        <source>Choose a smaller model, a smaller number type such as bfloat16, or a shorter text.</source>
        <translation>もっと小さいモデルを選ぶか、bfloat16 などの軽い数値型か、短い文にしてください。</translation>
    </message>
    <message>
        <source>“{adapter}” is an adapter (LoRA), and nothing says what its base model is.</source>
        <translation>「{adapter}」はアダプター(LoRA)で、元のモデルがどれか書かれていません。</translation>
    </message>
    <message>
        <source>“{adapter}” is an adapter (LoRA), and its base model “{base}” is not here.</source>
        <translation>「{adapter}」はアダプター(LoRA)で、元のモデル「{base}」が見つかりません。</translation>
    </message>
    <message>
        <source>Choose the model that it was made for (on the command line: --base).</source>
        <translation>アダプターを作ったときの元のモデルを選んでください(コマンドでは --base)。</translation>
    </message>
    <message>
        <source>The weights in “{path}” do not fit the model.</source>
        <translation>「{path}」の重みは、このモデルと合いません。</translation>
    </message>
    <message>
        <source>Use weights and settings of one and the same model.</source>
        <translation>同じモデルの重みと設定を使ってください。</translation>
    </message>
    <message>
        <source>“{path}” is an adapter (LoRA) that does not fit its base model “{base}”.</source>
        <translation>「{path}」はアダプター(LoRA)ですが、元のモデル「{base}」に合いません。</translation>
    </message>
    <message>
        <source>Name the model that it was made for with --base.</source>
        <translation>どのモデルのために作られたかを --base で指定してください。</translation>
    </message>
    <message>
        <source>{missing} weights are missing, “{example}” among them.</source>
        <translation>「{example}」など {missing} 個の重みがありません。</translation>
    </message>
    <message>
        <source>{other_shape} have another shape, “{other_example}” among them.</source>
        <translation>「{other_example}」など {other_shape} 個の重みは形が違います。</translation>
    </message>
    <message>
        <source>The file has “{unused}” instead.</source>
        <translation>ファイルには代わりに「{unused}」があります。</translation>
    </message>
    <message>
        <source>layer</source>
        <translation>層</translation>
    </message>
    <message>
        <source>head</source>
        <translation>ヘッド</translation>
    </message>
    <message>
        <source>position</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>query token</source>
        <translation>クエリのトークン</translation>
    </message>
    <message>
        <source>key token</source>
        <translation>キーのトークン</translation>
    </message>
    <message>
        <source>Layer {index} has no attention.</source>
        <translation>層 {index} には注意がありません。</translation>
    </message>
    <message>
        <source>These layers have it: {known}.</source>
        <translation>注意がある層：{known}。</translation>
    </message>
    <message>
        <source>There is no {what} {index}.</source>
        <translation>{what} {index} はありません。</translation>
    </message>
    <message>
        <source>They are numbered 0 to {last}.</source>
        <translation>番号は 0 から {last} までです。</translation>
    </message>
    <message>
        <source>This model has no {what} “{value}”.</source>
        <translation>このモデルに{what}「{value}」はありません。</translation>
    </message>
    <message>
        <source>Available: {known}.</source>
        <translation>使えるもの：{known}</translation>
    </message>
    <message>
        <source>“{value}” cannot be switched off or changed ({what}).</source>
        <translation>「{value}」は無効にすることも変えることもできません({what})。</translation>
    </message>
    <message>
        <source>Possible: {known}.</source>
        <translation>使えるもの：{known}。</translation>
    </message>
    <message>
        <source>Leave it out.</source>
        <translation>これを外してください。</translation>
    </message>
    <message>
        <source>Choose another model, text or part.</source>
        <translation>別のモデル、文、または部分を選んでください。</translation>
    </message>
    <message>
        <source>Load the model and run the text again.</source>
        <translation>モデルを読み込み、文をもう一度実行してください。</translation>
    </message>
    <message>
        <source>Read after the whole block, or choose another model.</source>
        <translation>ブロック全体の後で読むか、別のモデルを選んでください。</translation>
    </message>
    <message>
        <source>Read after the whole block, or switch everything on again (Shift+X).</source>
        <translation>ブロック全体の後で読むか、すべてを有効に戻してください(Shift+X)。</translation>
    </message>
    <message>
        <source>Choose another model.</source>
        <translation>別のモデルを選んでください。</translation>
    </message>
    <message>
        <source>There is no text yet.</source>
        <translation>まだ文がありません。</translation>
    </message>
    <message>
        <source>Type a sentence above.</source>
        <translation>上の欄に文を入力してください。</translation>
    </message>
    <message>
        <source>“{source}” is given only to those whom its owner admits.</source>
        <translation>「{source}」は、公開者が認めた人だけが使えるモデルです。</translation>
    </message>
    <message>
        <source>Ask for access on the model's page, {page}, then log in: run “hf auth login”, or set HF_TOKEN.</source>
        <translation>モデルのページ {page} で利用を申請し、「hf auth login」でログインするか、HF_TOKEN を設定してください。</translation>
    </message>
    <message>
        <source>The hub does not know the token that was sent for “{source}”.</source>
        <translation>「{source}」のために送ったトークンは、Hub で認められませんでした。</translation>
    </message>
    <message>
        <source>Make a new one that may read, and look that it is copied whole.</source>
        <translation>読み取りのできるトークンを新しく作り、全体をコピーしたか確かめてください。</translation>
    </message>
    <message>
        <source>“{source}” has no such revision.</source>
        <translation>「{source}」というリビジョンはありません。</translation>
    </message>
    <message>
        <source>Name a branch, a tag or a commit of the model.</source>
        <translation>モデルのブランチ、タグ、コミットのどれかを指定してください。</translation>
    </message>
    <message>
        <source>There is no model “{source}”.</source>
        <translation>「{source}」というモデルはありません。</translation>
    </message>
    <message>
        <source>Check the name, or choose one from the list.</source>
        <translation>名前を確かめるか、一覧から選んでください。</translation>
    </message>
    <message>
        <source>“{source}” is loaded now, and stays on this machine.</source>
        <translation>「{source}」は読み込まれているので、削除できません。</translation>
    </message>
    <message>
        <source>Choose another model first.</source>
        <translation>先に別のモデルを選んでください。</translation>
    </message>
    <message>
        <source>This is no token of the hub.</source>
        <translation>これは Hub のトークンではありません。</translation>
    </message>
    <message>
        <source>It has letters and digits only, and begins with hf_.</source>
        <translation>トークンは hf_ で始まり、英数字だけでできています。</translation>
    </message>
    <message>
        <source>“{path}” holds GGUF files only.</source>
        <translation>「{path}」には GGUF ファイルしかありません。</translation>
    </message>
    <message>
        <source>Choose one of them: {example}</source>
        <translation>その中の 1 つを選んでください：{example}</translation>
    </message>
    <message>
        <source>“{path}” is only a part of a model.</source>
        <translation>「{path}」はモデルの一部です。</translation>
    </message>
    <message>
        <source>Choose the folder that it belongs to: {example}</source>
        <translation>それを含むフォルダーを選んでください：{example}</translation>
    </message>
    <message>
        <source>“{path}” holds models in folders of its own.</source>
        <translation>「{path}」の中のフォルダーにモデルがあります。</translation>
    </message>
    <message>
        <source>“{path}” holds no weights that can be read.</source>
        <translation>「{path}」には、読み込める重みがありません。</translation>
    </message>
    <message>
        <source>model.safetensors or pytorch_model.bin is needed beside config.json.</source>
        <translation>config.json と同じ場所に model.safetensors か pytorch_model.bin が必要です。</translation>
    </message>
    <message>
        <source>“{path}” holds no model.</source>
        <translation>「{path}」にモデルがありません。</translation>
    </message>
    <message>
        <source>Choose a folder with config.json and safetensors weights, or a .gguf file. {detail}</source>
        <translation>config.json と safetensors の重みがあるフォルダーか、.gguf ファイルを選んでください。{detail}</translation>
    </message>
    <message>
        <source>The model has no embedding for {tokens}: its table ends after {rows} rows.</source>
        <translation>このモデルには {tokens} の埋め込みがありません(表は {rows} 行までです)。</translation>
    </message>
    <message>
        <source>Leave them out, or use a model that was saved after its table was enlarged for them.</source>
        <translation>そのトークンを除くか、埋め込みの表を広げてから保存したモデルを使ってください。</translation>
    </message>
    <message>
        <source>Models of the kind “{architecture}” cannot be shown.</source>
        <translation>「{architecture}」という種類のモデルは表示できません。</translation>
    </message>
    <message>
        <source>Choose a Transformer language model. {detail}</source>
        <translation>Transformer の言語モデルを選んでください。{detail}</translation>
    </message>
    <message>
        <source>“{architecture}” brings its own program code, which is never run here.</source>
        <translation>「{architecture}」は独自のプログラムを含みますが、ここでは決して実行しません。</translation>
    </message>
    <message>
        <source>Choose a model that transformers knows.</source>
        <translation>transformers が対応しているモデルを選んでください。</translation>
    </message>
    <message>
        <source>This machine has no “{device}”.</source>
        <translation>このコンピューターに「{device}」はありません。</translation>
    </message>
    <message>
        <source>There is no {what} “{value}”.</source>
        <translation>{what}「{value}」はありません。</translation>
    </message>
    <message>
        <source>The text fills all positions that “{detail}” has: there is no room to go on.</source>
        <translation>文が「{detail}」の位置をすべて使い切っているため、続きを書けません。</translation>
    </message>
    <message>
        <source>Shorten it.</source>
        <translation>文を短くしてください。</translation>
    </message>
    <message>
        <source>Parts of the model are switched off or changed: it does not write meanwhile.</source>
        <translation>モデルの一部を無効にするか変更している間は、文を生成できません。</translation>
    </message>
    <message>
        <source>Switch everything on again (Shift+X).</source>
        <translation>すべてを有効に戻してください(Shift+X)。</translation>
    </message>
    <message>
        <source>A saved trace brings no model that could write on.</source>
        <translation>保存したトレースには、続きを書くモデルがありません。</translation>
    </message>
    <message>
        <source>Load its model.</source>
        <translation>元のモデルを読み込んでください。</translation>
    </message>
    <message>
        <source>“{detail}” does not write text: it has no head that predicts what comes next.</source>
        <translation>「{detail}」は文を生成しません。次のトークンを予測する出力層がありません。</translation>
    </message>
    <message>
        <source>Choose a model that writes, such as a bundled one.</source>
        <translation>同梱モデルなど、文を生成するモデルを選んでください。</translation>
    </message>
    <message>
        <source>The answer “{detail}” holds no token of this model.</source>
        <translation>答え「{detail}」には、このモデルのトークンが 1 つもありません。</translation>
    </message>
    <message>
        <source>Name another answer.</source>
        <translation>別の答えを指定してください。</translation>
    </message>
    <message>
        <source>The tokenizer writes the answer “{detail}” otherwise when it stands behind a prompt.</source>
        <translation>答え「{detail}」は、プロンプトの後に置くとトークナイザーが違う形に書き換えます。</translation>
    </message>
    <message>
        <source>Prompt and answer are longer than the model’s positions: {detail}.</source>
        <translation>プロンプトと答えが長すぎて、モデルの位置が足りません({detail})。</translation>
    </message>
    <message>
        <source>Shorten the prompt.</source>
        <translation>プロンプトを短くしてください。</translation>
    </message>
    <message>
        <source>There is room for so many prompts and answers at most: {detail}.</source>
        <translation>プロンプトと答えの数には上限があります({detail})。</translation>
    </message>
    <message>
        <source>Leave some out.</source>
        <translation>数を減らしてください。</translation>
    </message>
    <message>
        <source>“{detail}” has no head that predicts what comes next: answers have no probability.</source>
        <translation>「{detail}」には次のトークンを予測するヘッドがないため、答えの確率を計算できません。</translation>
    </message>
    <message>
        <source>This checkpoint has no chat template.</source>
        <translation>このチェックポイントにはチャットテンプレートがありません。</translation>
    </message>
    <message>
        <source>Type a plain text, or load a checkpoint that is tuned for conversations.</source>
        <translation>ふつうの文を入力するか、会話向けに調整されたチェックポイントを読み込んでください。</translation>
    </message>
    <message>
        <source>The checkpoint’s chat template does not take this conversation: {detail}</source>
        <translation>このチェックポイントのチャットテンプレートは、この会話を受け付けません：{detail}</translation>
    </message>
    <message>
        <source>Change roles or turns.</source>
        <translation>役割か発言を変えてください。</translation>
    </message>
    <message>
        <source>This file holds no conversation.</source>
        <translation>このファイルには会話がありません。</translation>
    </message>
    <message>
        <source>A list of turns is needed, each with “role” and “content”.</source>
        <translation>「role」と「content」をもつ発言のリストが必要です。</translation>
    </message>
    <message>
        <source>The conversation is empty.</source>
        <translation>会話が空です。</translation>
    </message>
    <message>
        <source>Write a turn first.</source>
        <translation>まず発言を書いてください。</translation>
    </message>
    <message>
        <source>The text is too long for this: {count} tokens, and at most {limit} are possible.</source>
        <translation>この計算には長すぎます：{count} トークンありますが、{limit} トークンまでです。</translation>
    </message>
    <message>
        <source>The picture would be too large: {width} × {height} pixels.</source>
        <translation>画像が大きすぎます：{width} × {height} ピクセル。</translation>
    </message>
    <message>
        <source>Choose a smaller size or scale, or save it as SVG or PDF.</source>
        <translation>大きさか倍率を小さくするか、SVG または PDF で保存してください。</translation>
    </message>
    <message>
        <source>“{source}” is not on this machine, and the model hub cannot be reached.</source>
        <translation>「{source}」はこのコンピューターになく、Hugging Face Hub にもつながりません。</translation>
    </message>
    <message>
        <source>Connect to the network, or choose a bundled model.</source>
        <translation>ネットワークにつなぐか、付属のモデルを選んでください。</translation>
    </message>
    <message>
        <source>“{source}” needs a Python package that is not installed.</source>
        <translation>「{source}」に必要な Python パッケージが入っていません。</translation>
    </message>
    <message>
        <source>Install it and start again: {detail}</source>
        <translation>インストールして、もう一度起動してください：{detail}</translation>
    </message>
    <message>
        <source>“{path}” is damaged.</source>
        <translation>「{path}」は壊れています。</translation>
    </message>
    <message>
        <source>Fetch or save it again. {detail}</source>
        <translation>もう一度取得するか、保存し直してください。{detail}</translation>
    </message>
    <message>
        <source>“{path}” was saved by a newer version of this program.</source>
        <translation>「{path}」は、このプログラムの新しい版で保存されたものです。</translation>
    </message>
    <message>
        <source>Renew the program to open it.</source>
        <translation>開くには、プログラムを新しくしてください。</translation>
    </message>
    <message>
        <source>Opened, but this is not there any more: {missing}.</source>
        <translation>開きましたが、次のものが見つかりません：{missing}。</translation>
    </message>
    <message>
        <source>Everything else is as it was saved. Put it back, or choose another model.</source>
        <translation>それ以外は保存したときのままです。元の場所に戻すか、別のモデルを選んでください。</translation>
    </message>
    <message>
        <source>“{path}” is not there.</source>
        <translation>「{path}」が見つかりません。</translation>
    </message>
    <message>
        <source>Check the path.</source>
        <translation>場所を確かめてください。</translation>
    </message>
    <message>
        <source>“{path}” could not be written.</source>
        <translation>「{path}」に書き込めませんでした。</translation>
    </message>
    <message>
        <source>Check the free space and the folder's permissions. {detail}</source>
        <translation>空き容量とフォルダーの権限を確かめてください。{detail}</translation>
    </message>
    <message>
        <source>“{path}” is a pipe or a device, and no ordinary file.</source>
        <translation>「{path}」はパイプかデバイスで、通常のファイルではありません。</translation>
    </message>
    <message>
        <source>Choose another name to save to.</source>
        <translation>別の名前で保存してください。</translation>
    </message>
    <message>
        <source>This model does not give its attention as one weight for each pair of tokens, so it is not shown.</source>
        <translation>このモデルは注意をトークンの組ごとの重みとして出さないため、表示できません。</translation>
    </message>
    <message>
        <source>Choose another model. {detail}</source>
        <translation>別のモデルを選んでください。{detail}</translation>
    </message>
    <message>
        <source>There are no numbers to save.</source>
        <translation>保存する数値がありません。</translation>
    </message>
    <message>
        <source>Wait until the picture is complete, or choose something that can be shown.</source>
        <translation>表示が終わるまで待つか、表示できるものを選んでください。</translation>
    </message>
    <message>
        <source>The view “{name}” could not be opened: {detail}</source>
        <translation>ビュー「{name}」を開けませんでした：{detail}</translation>
    </message>
    <message>
        <source>If another package brought it, renew or remove that package.</source>
        <translation>ほかのパッケージのビューなら、そのパッケージを更新するか取り除いてください。</translation>
    </message>
    <message>
        <source>The model stopped with an error: {detail}</source>
        <translation>モデルがエラーで止まりました：{detail}</translation>
    </message>
    <message>
        <source>Try another text, number type or device.</source>
        <translation>別の文、数値型、デバイスで試してください。</translation>
    </message>
</context>
<context>
    <name>ExampleChips</name>
    <message>
        <source>Try:</source>
        <translation>例:</translation>
    </message>
    <message>
        <source>More…</source>
        <translation>もっと…</translation>
    </message>
    <message>
        <source>Examples</source>
        <translation>例</translation>
    </message>
</context>
<context>
    <name>ExampleDialog</name>
    <message>
        <source>Examples</source>
        <translation>例</translation>
    </message>
    <message>
        <source>Find: induction, particle, 橋, alignment …</source>
        <translation>検索：帰納、助詞、橋、訳の対応…</translation>
    </message>
    <message>
        <source>Find an example</source>
        <translation>例を探す</translation>
    </message>
    <message>
        <source>Language of the sentences</source>
        <translation>文の言語</translation>
    </message>
    <message>
        <source>All sentences</source>
        <translation>すべての文</translation>
    </message>
    <message>
        <source>Japanese</source>
        <translation>日本語</translation>
    </message>
    <message>
        <source>English</source>
        <translation>英語</translation>
    </message>
    <message>
        <source>Keep what is on the screen…</source>
        <translation>今の画面を例として残す…</translation>
    </message>
    <message>
        <source>Rename…</source>
        <translation>名前を変更…</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>削除</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>開く</translation>
    </message>
</context>
<context>
    <name>ExampleList</name>
    <message>
        <source>Examples</source>
        <translation>例</translation>
    </message>
    <message>
        <source>limit</source>
        <translation>限界</translation>
    </message>
    <message>
        <source>My examples</source>
        <translation>自分の例</translation>
    </message>
    <message>
        <source>cannot be read</source>
        <translation>読めません</translation>
    </message>
</context>
<context>
    <name>ExampleNote</name>
    <message>
        <source>Back to what was on the screen before</source>
        <translation>例を開く前の画面に戻る</translation>
    </message>
    <message>
        <source>Next example</source>
        <translation>次の例</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>閉じる</translation>
    </message>
</context>
<context>
    <name>ExamplePreview</name>
    <message>
        <source>limit of this small model</source>
        <translation>この小さなモデルの限界</translation>
    </message>
    <message>
        <source>Nothing fits</source>
        <translation>見つかりません</translation>
    </message>
    <message>
        <source>Try fewer or other words, or all languages.</source>
        <translation>語を減らすか変える、またはすべての文から探してください。</translation>
    </message>
    <message>
        <source>Found in this model, and held by a test:</source>
        <translation>このモデルで確かめたこと(テスト済み):</translation>
    </message>
</context>
<context>
    <name>Examples</name>
    <message>
        <source>encoder</source>
        <translation>エンコーダー</translation>
    </message>
    <message>
        <source>decoder</source>
        <translation>デコーダー</translation>
    </message>
    <message>
        <source>cross-attention</source>
        <translation>交差注意</translation>
    </message>
    <message>
        <source>head {layer}.{head}</source>
        <translation>ヘッド {layer}.{head}</translation>
    </message>
    <message>
        <source>{head}: 「{query}」 gives at least {least} of its weight to 「{key}」, the most of all tokens.</source>
        <translation>{head}：「{query}」は重みの {least} 以上を「{key}」に向け、これが全トークン中で最大です。</translation>
    </message>
    <message>
        <source>{head}: the tokens after 「{key}」 give it at least {least} of their weight on average.</source>
        <translation>{head}：「{key}」より後のトークンは、平均で重みの {least} 以上をそこに向けます。</translation>
    </message>
    <message>
        <source>{head}: each token gives the one before it at least {least} of its weight on average.</source>
        <translation>{head}：各トークンは、平均で重みの {least} 以上を 1 つ前のトークンに向けます。</translation>
    </message>
    <message>
        <source>{head}: each token gives the one after it at least {least} of its weight on average.</source>
        <translation>{head}：各トークンは、平均で重みの {least} 以上を 1 つ後のトークンに向けます。</translation>
    </message>
    <message>
        <source>{head}: induction score of at least {least} on random tokens said twice.</source>
        <translation>{head}：ランダムなトークン列を 2 回並べたときの帰納の値が {least} 以上です。</translation>
    </message>
    <message>
        <source>At 「{at}」 the most probable is 「{token}」, with at least {least}.</source>
        <translation>「{at}」の位置で最も有力なのは「{token}」で、{least} 以上です。</translation>
    </message>
    <message>
        <source>At 「{at}」 「{token}」 is among the {among} most probable, with at least {least}.</source>
        <translation>「{at}」の位置で「{token}」は上位 {among} 位までに入り、{least} 以上です。</translation>
    </message>
    <message>
        <source>At 「{at}」 「{token}」 is at least {times} times as probable as 「{over}」.</source>
        <translation>「{at}」の位置で「{token}」の確率は「{over}」の {times} 倍以上です。</translation>
    </message>
    <message>
        <source>At 「{at}」 「{token}」 is more probable than 「{over}」.</source>
        <translation>「{at}」の位置で「{token}」は「{over}」より有力です。</translation>
    </message>
    <message>
        <source>At 「{at}」 「{token}」 has at most {most}.</source>
        <translation>「{at}」の位置で「{token}」は {most} 以下です。</translation>
    </message>
    <message>
        <source>「{token}」 surprises by at least {least} bits, more than any other token after the first.</source>
        <translation>「{token}」のサプライザルは {least} ビット以上で、最初のトークンを除いて最大です。</translation>
    </message>
    <message>
        <source>On average at least {least} bits of surprise before the repetition, at most {most} in it.</source>
        <translation>サプライザルの平均は、繰り返しの前で {least} ビット以上、繰り返しの中で {most} ビット以下です。</translation>
    </message>
    <message>
        <source>「{text}」 is one token.</source>
        <translation>「{text}」はひとつのトークンです。</translation>
    </message>
    <message>
        <source>「{text}」 is {count} tokens.</source>
        <translation>「{text}」は {count} 個のトークンです。</translation>
    </message>
    <message>
        <source>Judged to mean the same, with at least {least}.</source>
        <translation>「同じ意味」という判定が {least} 以上です。</translation>
    </message>
    <message>
        <source>Judged not to mean the same, with at least {least}.</source>
        <translation>「違う意味」という判定が {least} 以上です。</translation>
    </message>
    <message>
        <source>The translation: {text}</source>
        <translation>訳文：{text}</translation>
    </message>
    <message>
        <source>Positions are rotary (RoPE).</source>
        <translation>位置は回転(RoPE)で表されます。</translation>
    </message>
    <message>
        <source>Positions are learned vectors.</source>
        <translation>位置は学習されたベクトルです。</translation>
    </message>
    <message>
        <source>Positions are sinusoidal.</source>
        <translation>位置は正弦波で表されます。</translation>
    </message>
</context>
<context>
    <name>Explanation</name>
    <message>
        <source>Glossary</source>
        <translation>用語集</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>戻る</translation>
    </message>
    <message>
        <source>Close the explanation</source>
        <translation>説明を閉じる</translation>
    </message>
    <message>
        <source>What is shown</source>
        <translation>何を表しているか</translation>
    </message>
    <message>
        <source>How to read it</source>
        <translation>読み方</translation>
    </message>
    <message>
        <source>Formula</source>
        <translation>式</translation>
    </message>
    <message>
        <source>Try it with this text</source>
        <translation>この文で試す</translation>
    </message>
    <message>
        <source>Where it misleads</source>
        <translation>誤解しやすいところ</translation>
    </message>
    <message>
        <source>Terms</source>
        <translation>用語</translation>
    </message>
    <message>
        <source>All terms</source>
        <translation>すべての用語</translation>
    </message>
    <message>
        <source>Type a sentence: then there is something to try here.</source>
        <translation>文を入力すると、試せることがここに出ます。</translation>
    </message>
</context>
<context>
    <name>FeedForwardView</name>
    <message>
        <source>Each layer ends with a feed-forward part of many neurons. A neuron looks for one direction of the stream (before), lets some of it through (after) and writes another direction. Choose a token in the text and a neuron in the list.</source>
        <translation>各層の最後には、多数のニューロンからなるフィードフォワード部があります。ニューロンはストリームの 1 つの方向を読み(前)、一部を通し(後)、別の方向に書き込みます。文からトークンを、一覧からニューロンを選んでください。</translation>
    </message>
    <message>
        <source>layer {layer}</source>
        <translation>層 {layer}</translation>
    </message>
    <message>
        <source>“{token}”</source>
        <translation>「{token}」</translation>
    </message>
    <message>
        <source>The neurons are being read…</source>
        <translation>ニューロンを読み取っています…</translation>
    </message>
    <message>
        <source>{neuron}, then × {factor}</source>
        <translation>{neuron}、さらに × {factor}</translation>
    </message>
    <message>
        <source>{neuron} of layer {layer}, after the activation, at every token (largest: {value})</source>
        <translation>層 {layer} の{neuron}：各トークンでの活性化後の値(最大 {value})</translation>
    </message>
    <message>
        <source>Layer {layer}; the stream before it has the length {value}</source>
        <translation>層 {layer}。直前のストリームの長さは {value}</translation>
    </message>
    <message>
        <source>Length of the step</source>
        <translation>ステップの大きさ</translation>
    </message>
    <message>
        <source>feed-forward</source>
        <translation>フィードフォワード</translation>
    </message>
    <message>
        <source>attention</source>
        <translation>注意</translation>
    </message>
    <message>
        <source>whole layer</source>
        <translation>層全体</translation>
    </message>
    <message>
        <source>Neurons: before → after the activation</source>
        <translation>ニューロン：活性化の前 → 後</translation>
    </message>
    <message>
        <source>before</source>
        <translation>活性化の前</translation>
    </message>
    <message>
        <source>after the activation</source>
        <translation>活性化の後</translation>
    </message>
    <message>
        <source>Tokens that the neuron promotes and suppresses</source>
        <translation>ニューロンが推すトークンと抑えるトークン</translation>
    </message>
    <message>
        <source>Where the neuron fires</source>
        <translation>ニューロンが活性化する場所</translation>
    </message>
    <message>
        <source>Activation</source>
        <translation>活性化関数</translation>
    </message>
    <message>
        <source>Neuron {neuron}</source>
        <translation>ニューロン {neuron}</translation>
    </message>
    <message>
        <source>expert {expert}</source>
        <translation>専門家 {expert}</translation>
    </message>
    <message>
        <source>before the activation: {value}</source>
        <translation>活性化の前：{value}</translation>
    </message>
    <message>
        <source>after: {value}</source>
        <translation>後：{value}</translation>
    </message>
    <message>
        <source>length of what it writes: {value}</source>
        <translation>書き込みの大きさ：{value}</translation>
    </message>
    <message>
        <source>multiplied with: {value}</source>
        <translation>掛ける値：{value}</translation>
    </message>
    <message>
        <source>Neurons are ordered by how much they write: the number after the activation times the length of their row of W₂.</source>
        <translation>ニューロンは、書き込みの大きさ(活性化後の値 × W₂ の行の長さ)の順に並んでいます。</translation>
    </message>
    <message>
        <source>The router sent this token to {chosen} of {count} experts; parts that read every token are not shown.</source>
        <translation>ルーターは、{count} 個の専門家のうち {chosen} にこのトークンを渡しました。すべてのトークンを読む部分は示していません。</translation>
    </message>
    <message>
        <source>What lies between the two matrices is no function of each neuron alone: no curve.</source>
        <translation>2 つの行列の間の計算は、ニューロンごとの関数ではないため、曲線は描けません。</translation>
    </message>
    <message>
        <source>Tokens are read through the gain of the final normalisation and the output embedding, per unit of the neuron; later layers may answer differently, and few neurons mean one thing.</source>
        <translation>トークンは、最後の正規化のゲインと出力の埋め込みを通して読み取ったもので、ニューロンの値 1 あたりの量です。後の層が違う応答をすることもあり、1 つの意味だけをもつニューロンはまれです。</translation>
    </message>
    <message>
        <source>Here the neuron is below zero ({value}): it speaks the other way round.</source>
        <translation>ここではニューロンの値が負({value})なので、推す・抑えるが逆になります。</translation>
    </message>
    <message>
        <source>This model normalises after each part: only the whole step of a layer is known.</source>
        <translation>このモデルは各部分の後で正規化するため、層全体のステップだけが分かります。</translation>
    </message>
</context>
<context>
    <name>Figure</name>
    <message>
        <source>So that all of it is there, the type is {points} pt high, not {asked}.</source>
        <translation>全体を収めるため、文字は {asked} pt ではなく {points} pt になります。</translation>
    </message>
    <message>
        <source>So that all of it is there, the picture is {width} pixels wide, not {asked}.</source>
        <translation>全体を収めるため、図の幅は {asked} ではなく {width} ピクセルです。</translation>
    </message>
    <message>
        <source>So that all of it is there, the picture is {height} pixels high, not {asked}.</source>
        <translation>全体を収めるため、図の高さは {asked} ではなく {height} ピクセルです。</translation>
    </message>
    <message>
        <source>So that all of it is there, the picture is {height} mm high, not {asked}.</source>
        <translation>全体を収めるため、図の高さは {asked} ではなく {height} mm です。</translation>
    </message>
    <message>
        <source>The text is too long for a picture: its end is left out.</source>
        <translation>テキストが長すぎて図に収まらないため、終わりの部分は省かれています。</translation>
    </message>
    <message>
        <source>A matrix has more than {count} rows or columns: it is an image.</source>
        <translation>行か列が {count} を超える行列は、四角形ではなく画像になります。</translation>
    </message>
</context>
<context>
    <name>FormulaPanel</name>
    <message>
        <source>this model's own values</source>
        <translation>このモデル自身の値</translation>
    </message>
    <message>
        <source>one wave: {length} positions</source>
        <translation>1 波長：{length} 位置</translation>
    </message>
    <message>
        <source>Formula of Vaswani et al. 2017, section 3.5.</source>
        <translation>Vaswani et al. 2017 の 3.5 節の式です。</translation>
    </message>
    <message>
        <source>The curve is the paper's formula, not this model's: this model has {scheme}.</source>
        <translation>この曲線は論文の式で、このモデルのものではありません。このモデルの方式：{scheme}。</translation>
    </message>
    <message>
        <source>This model's own width is {width}: choose it to see its values.</source>
        <translation>このモデルの次元数は {width} です。d をこれに合わせるとモデル自身の値が見えます。</translation>
    </message>
    <message>
        <source>Largest difference from this model's own values: {difference}</source>
        <translation>このモデル自身の値との最大の差：{difference}</translation>
    </message>
    <message>
        <source>Pair i</source>
        <translation>組 i</translation>
    </message>
    <message>
        <source>Width d</source>
        <translation>次元数 d</translation>
    </message>
    <message>
        <source>Base</source>
        <translation>底</translation>
    </message>
    <message>
        <source>Position</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>value</source>
        <translation>値</translation>
    </message>
</context>
<context>
    <name>Frame</name>
    <message>
        <source>This model has nothing to show here.</source>
        <translation>このモデルには、ここで見せるものがありません。</translation>
    </message>
    <message>
        <source>The model is being loaded.</source>
        <translation>モデルを読み込んでいます。</translation>
    </message>
    <message>
        <source>Choose a model to begin.</source>
        <translation>はじめにモデルを選んでください。</translation>
    </message>
    <message>
        <source>The model is reading the text.</source>
        <translation>モデルが文を読んでいます。</translation>
    </message>
    <message>
        <source>Type a sentence above.</source>
        <translation>上の欄に文を入力してください。</translation>
    </message>
</context>
<context>
    <name>FrozenPicture</name>
    <message>
        <source>frozen</source>
        <translation>静止中</translation>
    </message>
</context>
<context>
    <name>GenerationView</name>
    <message>
        <source>Each cell is a token that the model wrote: its probability, and its rank among all tokens. The bars above are the entropy, high where the model was unsure. Click another candidate to see what would have come.</source>
        <translation>1 つのます目が、モデルの書いた 1 トークンです。その確率と、全トークンの中での順位が書いてあります。上の棒はエントロピーで、迷ったところほど高くなります。別の候補をクリックすると、そこから先がどうなったかが分かります。</translation>
    </message>
    <message>
        <source>This model fills blanks: it sees the whole text at once and does not write on.</source>
        <translation>このモデルは穴埋めのモデルです。文全体を一度に見るので、続きは書きません。</translation>
    </message>
    <message>
        <source>This model has no language-model head: it gives every token a vector, but writes no token.</source>
        <translation>このモデルには言語モデルの出力層がありません。各トークンのベクトルは求めますが、トークンは書きません。</translation>
    </message>
    <message>
        <source>the next token</source>
        <translation>次のトークン</translation>
    </message>
    <message>
        <source>What may come next</source>
        <translation>次に来る候補</translation>
    </message>
    <message>
        <source>Step {n}: the candidates</source>
        <translation>{n} 番目の候補</translation>
    </message>
    <message>
        <source>layer {layer} · head {head}</source>
        <translation>層 {layer} · ヘッド {head}</translation>
    </message>
    <message>
        <source>layer {layer}, mean of its heads</source>
        <translation>層 {layer} の全ヘッドの平均</translation>
    </message>
    <message>
        <source>cross-attention</source>
        <translation>交差注意</translation>
    </message>
    <message>
        <source>What the step looked at</source>
        <translation>このとき注目していたトークン</translation>
    </message>
    <message>
        <source>Entropy of each step (bits)</source>
        <translation>各回のエントロピー(ビット)</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>書いたトークン</translation>
    </message>
    <message>
        <source>Candidates</source>
        <translation>候補</translation>
    </message>
    <message>
        <source>Continuations</source>
        <translation>続き</translation>
    </message>
    <message>
        <source>Tree of continuations</source>
        <translation>続きの木</translation>
    </message>
    <message>
        <source>Tree: a row is a branch, with the natural log of its probability</source>
        <translation>木(1 行が 1 つの枝、右は確率の自然対数)</translation>
    </message>
    <message>
        <source>{count} others</source>
        <translation>ほか {count} 個</translation>
    </message>
    <message>
        <source>All others together</source>
        <translation>残り全部の合計</translation>
    </message>
    <message>
        <source>All other tokens together</source>
        <translation>残りのトークン全部の合計</translation>
    </message>
    <message>
        <source>Beam search</source>
        <translation>ビームサーチ</translation>
    </message>
    <message>
        <source>Many times</source>
        <translation>何度も書く</translation>
    </message>
    <message>
        <source>Press Space: the model writes on. Click a candidate: it writes on from there.</source>
        <translation>スペースキーを押すと、モデルが続きを書きます。候補をクリックすると、そこから書きます。</translation>
    </message>
    <message>
        <source>{count} tokens · natural log of their probability {total}</source>
        <translation>{count} トークン · 確率の自然対数 {total}</translation>
    </message>
    <message>
        <source>The model ended the text here.</source>
        <translation>モデルはここで文を終えました。</translation>
    </message>
    <message>
        <source>The text fills all positions that the model has.</source>
        <translation>モデルが扱える長さに達しました。</translation>
    </message>
    <message>
        <source>Best of {count}: “{text}” · mean log probability of a token {score} · {pruned} tokens given up</source>
        <translation>{count} 文のうち最良:「{text}」 · 1 トークンあたりの対数確率 {score} · 途中で捨てたトークン {pruned} 個</translation>
    </message>
    <message>
        <source>{total} draws, {count} different texts. Bar: share of the draws; tick and number in brackets: the model's own probability of the whole text. Of what comes out differently each time it is not sure.</source>
        <translation>{total} 回書かせ、{count} 種類の文になりました。棒は出た回数の割合、目印とかっこ内の数はモデル自身がその文全体に付ける確率です。毎回違うところは、モデルに確信がありません。</translation>
    </message>
</context>
<context>
    <name>HeadCards</name>
    <message>
        <source>Head</source>
        <translation>ヘッド</translation>
    </message>
    <message>
        <source>Distance</source>
        <translation>距離</translation>
    </message>
</context>
<context>
    <name>HeadGridView</name>
    <message>
        <source>One small attention map for each head: a row of the grid is a layer, the first at the bottom, a column a head; in each map rows look and columns are looked at. A click opens a head.</source>
        <translation>ヘッドごとの小さな注意マップです。行は層(一番下が最初の層)、列はヘッドで、各マップの行が見る側、列が見られる側です。クリックするとそのヘッドが開きます。</translation>
    </message>
    <message>
        <source>the head's largest</source>
        <translation>各ヘッドの最大値</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>重み</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>層</translation>
    </message>
    <message>
        <source>Head</source>
        <translation>ヘッド</translation>
    </message>
    <message>
        <source>Query (looks)</source>
        <translation>クエリ(見る側)</translation>
    </message>
    <message>
        <source>Key (is looked at)</source>
        <translation>キー(見られる側)</translation>
    </message>
    <message>
        <source>In each cell, the weight that changes most.</source>
        <translation>各マスには、変化が最も大きい重みを示します。</translation>
    </message>
    <message>
        <source>Each head has its own colour scale: compare shapes, not colours.</source>
        <translation>色の基準はヘッドごとに異なります。色の濃さではなく形を比べてください。</translation>
    </message>
    <message>
        <source>layer {layer}, head {head}: largest change {weight}</source>
        <translation>層 {layer}・ヘッド {head}：最も大きい変化 {weight}</translation>
    </message>
    <message>
        <source>layer {layer}, head {head}: largest weight {weight}</source>
        <translation>層 {layer}・ヘッド {head}：最大の重み {weight}</translation>
    </message>
    <message>
        <source>layer {layer}, head {head}</source>
        <translation>層 {layer} ヘッド {head}</translation>
    </message>
    <message>
        <source>Linear</source>
        <translation>線形</translation>
    </message>
    <message>
        <source>Logarithmic</source>
        <translation>対数</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>色</translation>
    </message>
    <message>
        <source>How a weight becomes a colour</source>
        <translation>重みをどう色にするか</translation>
    </message>
    <message>
        <source>one for all heads</source>
        <translation>全ヘッド共通</translation>
    </message>
    <message>
        <source>each head its own</source>
        <translation>ヘッドごと</translation>
    </message>
    <message>
        <source>Whether a head's own largest weight is its darkest colour</source>
        <translation>各ヘッドの最大の重みを最も濃い色にするか</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>色の基準</translation>
    </message>
    <message>
        <source>each head on its own colour scale</source>
        <translation>色の基準はヘッドごと</translation>
    </message>
</context>
<context>
    <name>HeadImportanceView</name>
    <message>
        <source>FF</source>
        <translation>FF</translation>
    </message>
    <message>
        <source>Each cell is one head, the last column the layer's feed-forward part: switched off alone, how does the chosen prediction change? Below zero (blue) the part speaks for the token, above zero (red) against it.</source>
        <translation>1 つのマスが 1 つのヘッド、最後の列がその層のフィードフォワード部です。その部分だけを無効にすると、選んだ予測がどう変わるかを示します。負(青)ならその部分はトークンを後押しし、正(赤)なら抑えています。</translation>
    </message>
    <message>
        <source>This model has no language-model head: there is no prediction for which a head could matter.</source>
        <translation>このモデルには言語モデルの出力層がないため、ヘッドの影響を調べる予測がありません。</translation>
    </message>
    <message>
        <source>position {position}</source>
        <translation>位置 {position}</translation>
    </message>
    <message>
        <source>“{token}”</source>
        <translation>「{token}」</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>層</translation>
    </message>
    <message>
        <source>Head (FF: feed-forward part)</source>
        <translation>ヘッド(FF：フィードフォワード部)</translation>
    </message>
    <message>
        <source>Δ log p</source>
        <translation>Δ log p</translation>
    </message>
    <message>
        <source>KL (bits)</source>
        <translation>KL(ビット)</translation>
    </message>
    <message>
        <source>most probable</source>
        <translation>最も確率が高いもの</translation>
    </message>
    <message>
        <source>Token</source>
        <translation>トークン</translation>
    </message>
    <message>
        <source>Whose probability is followed</source>
        <translation>どのトークンの確率を見るか</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>続ける</translation>
    </message>
    <message>
        <source>L{layer} feed-forward</source>
        <translation>L{layer} フィードフォワード</translation>
    </message>
    <message>
        <source>{part}: switched off already</source>
        <translation>{part}：すでに無効です</translation>
    </message>
    <message>
        <source>{part}: not measured</source>
        <translation>{part}：未計測</translation>
    </message>
    <message>
        <source>{part} off: KL {value} bits, “{token}” {before} → {after}</source>
        <translation>{part} を無効化：KL {value} ビット、「{token}」{before} → {after}</translation>
    </message>
    <message>
        <source>{part} off: Δ log p {value}, “{token}” {before} → {after}</source>
        <translation>{part} を無効化：Δ log p {value}、「{token}」{before} → {after}</translation>
    </message>
    <message>
        <source>change of log probability</source>
        <translation>対数確率の変化</translation>
    </message>
    <message>
        <source>KL of the whole distribution</source>
        <translation>分布全体の KL</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>表示</translation>
    </message>
    <message>
        <source>What the colours show</source>
        <translation>色が表すもの</translation>
    </message>
    <message>
        <source>Switched off by</source>
        <translation>無効化の方法</translation>
    </message>
    <message>
        <source>What stands in the place of a part's output</source>
        <translation>無効にした部分の出力の代わりに入れる値</translation>
    </message>
    <message>
        <source>All parts by importance</source>
        <translation>重要度順のすべての部分</translation>
    </message>
    <message>
        <source>each part off alone ({how})</source>
        <translation>各部分を 1 つずつ無効化({how})</translation>
    </message>
    <message>
        <source>“{token}” has {share} here.</source>
        <translation>ここでの「{token}」の確率は {share} です。</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>停止しました。</translation>
    </message>
    <message>
        <source>{done} of {all} layers are measured.</source>
        <translation>{all} 層のうち {done} 層を計測しました。</translation>
    </message>
    <message>
        <source>Rank correlation (Spearman) of KL with what the heads look at: {measures}.</source>
        <translation>KL と注意の指標との順位相関(スピアマン)：{measures}。</translation>
    </message>
    <message>
        <source>This is what one prediction loses without a part, not what the part does: others can stand in for it, and much attention is not much importance.</source>
        <translation>これは、ある部分を除くと1 つの予測がどれだけ変わるかであって、その部分の働きそのものではありません。ほかの部分が代わりを務めることもあり、強い注意が重要とは限りません。</translation>
    </message>
</context>
<context>
    <name>HeadMenu</name>
    <message>
        <source>Switch off head {head} of layer {layer}</source>
        <translation>層 {layer} のヘッド {head} を無効にする</translation>
    </message>
    <message>
        <source>Switch head {head} of layer {layer} on again</source>
        <translation>層 {layer} のヘッド {head} を有効に戻す</translation>
    </message>
    <message>
        <source>Switch off all heads of layer {layer}</source>
        <translation>層 {layer} の全ヘッドを無効にする</translation>
    </message>
    <message>
        <source>Switch all heads of layer {layer} on again</source>
        <translation>層 {layer} の全ヘッドを有効に戻す</translation>
    </message>
    <message>
        <source>Switch off the feed-forward part of layer {layer}</source>
        <translation>層 {layer} のフィードフォワード部を無効にする</translation>
    </message>
    <message>
        <source>Switch the feed-forward part of layer {layer} on again</source>
        <translation>層 {layer} のフィードフォワード部を有効に戻す</translation>
    </message>
    <message>
        <source>Switch everything on again</source>
        <translation>すべて有効に戻す</translation>
    </message>
    <message>
        <source>In its place: {what}</source>
        <translation>代わりの値：{what}</translation>
    </message>
</context>
<context>
    <name>HeadStatisticsView</name>
    <message>
        <source>One row and one point for each head, measured on this text. A name says where more than half of a head's weight goes. Induction and duplicate are measured once for each model, on random tokens that come twice.</source>
        <translation>1 行と 1 つの点が 1 つのヘッドです。値はこの文で測っています。「はたらき」は、重みの半分以上がどこへ向かうかを表します。帰納と重複は、同じランダムなトークン列を 2 回繰り返した入力で、モデルごとに 1 度だけ測ります。</translation>
    </message>
    <message>
        <source>The heads are being measured…</source>
        <translation>ヘッドを測っています…</translation>
    </message>
    <message>
        <source>This text has nothing to measure here.</source>
        <translation>この文では測れるものがありません。</translation>
    </message>
    <message>
        <source>Every number is B − A; what a head does is said of this text.</source>
        <translation>数値はすべて B − A です。「はたらき」はこの文でのものです。</translation>
    </message>
    <message>
        <source>Layer {layer}, head {head}: {sentence}.</source>
        <translation>層 {layer}・ヘッド {head}：{sentence}。</translation>
    </message>
    <message>
        <source>Not measurable here: {names}.</source>
        <translation>この文では測れないもの：{names}。</translation>
    </message>
    <message>
        <source>By token, nothing hidden.</source>
        <translation>トークン単位で、何も隠さずに測っています。</translation>
    </message>
    <message>
        <source>Across</source>
        <translation>横軸</translation>
    </message>
    <message>
        <source>What the points' places from left to right show</source>
        <translation>点の左右の位置が表す量</translation>
    </message>
    <message>
        <source>Up</source>
        <translation>縦軸</translation>
    </message>
    <message>
        <source>What the points' places from bottom to top show</source>
        <translation>点の上下の位置が表す量</translation>
    </message>
    <message>
        <source>Repeated tokens</source>
        <translation>繰り返しトークン</translation>
    </message>
    <message>
        <source>Show the random tokens on which induction and duplicate were measured, on the chosen head's map</source>
        <translation>帰納と重複を測ったランダムなトークン列を、選んだヘッドの注意マップで表示します</translation>
    </message>
    <message>
        <source>All heads as points</source>
        <translation>すべてのヘッドの散布図</translation>
    </message>
</context>
<context>
    <name>HeadSwatches</name>
    <message>
        <source>Head {head}. Click: show or hide. Double-click: only this one, again: all.</source>
        <translation>ヘッド {head}。クリックで表示・非表示、ダブルクリックでこのヘッドだけ、もう一度で全部。</translation>
    </message>
</context>
<context>
    <name>HeadTableModel</name>
    <message>
        <source>Head</source>
        <translation>ヘッド</translation>
    </message>
    <message>
        <source>What it does</source>
        <translation>はたらき</translation>
    </message>
</context>
<context>
    <name>HeadWords</name>
    <message>
        <source>Entropy</source>
        <translation>エントロピー</translation>
    </message>
    <message>
        <source>How widely the head spreads its attention, in bits: 0 is one key, 3 as much as 8 equal keys.</source>
        <translation>注意の広がり(ビット)。0 なら 1 つのキーだけ、3 なら 8 つのキーに均等に向けているのと同じです。</translation>
    </message>
    <message>
        <source>Distance</source>
        <translation>距離</translation>
    </message>
    <message>
        <source>How many tokens away it looks: the sum of weight times |query - key|.</source>
        <translation>何トークン離れた所を見るか。重み × |クエリの位置 − キーの位置| の和です。</translation>
    </message>
    <message>
        <source>Previous</source>
        <translation>1 つ前</translation>
    </message>
    <message>
        <source>Mean weight on the token just before.</source>
        <translation>1 つ前のトークンへの重みの平均。</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>1 つ後</translation>
    </message>
    <message>
        <source>Mean weight on the token just after.</source>
        <translation>1 つ後のトークンへの重みの平均。</translation>
    </message>
    <message>
        <source>Itself</source>
        <translation>自分</translation>
    </message>
    <message>
        <source>Mean weight on the token itself.</source>
        <translation>自分自身への重みの平均。</translation>
    </message>
    <message>
        <source>First</source>
        <translation>先頭</translation>
    </message>
    <message>
        <source>Mean weight on the first token of the text.</source>
        <translation>文の先頭のトークンへの重みの平均。</translation>
    </message>
    <message>
        <source>Separator</source>
        <translation>区切り</translation>
    </message>
    <message>
        <source>Mean weight on special tokens such as [SEP] and &lt;/s&gt; after the first token.</source>
        <translation>先頭を除く [SEP] や &lt;/s&gt; などの特殊トークンへの重みの平均。</translation>
    </message>
    <message>
        <source>Induction</source>
        <translation>帰納</translation>
    </message>
    <message>
        <source>On random tokens that come twice: mean weight on the token that followed the first time.</source>
        <translation>同じランダムなトークン列を 2 回繰り返したとき、1 回目にその次に来たトークンへの重みの平均。</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>重複</translation>
    </message>
    <message>
        <source>On random tokens that come twice: mean weight on the same token's first place.</source>
        <translation>同じランダムなトークン列を 2 回繰り返したとき、1 回目に現れた同じトークンへの重みの平均。</translation>
    </message>
    <message>
        <source>Part of speech</source>
        <translation>同じ品詞</translation>
    </message>
    <message>
        <source>Mean weight on other morphemes of the same part of speech.</source>
        <translation>同じ品詞のほかの形態素への重みの平均。</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>変化</translation>
    </message>
    <message>
        <source>Jensen-Shannon distance between a head's rows in A and in B: 0 is the same attention, 1 never a token in common.</source>
        <translation>同じヘッドの A と B での注意の配分の違い(イェンセン・シャノン距離)。0 なら同じ、1 なら共通に見るトークンがありません。</translation>
    </message>
    <message>
        <source>continues repetitions</source>
        <translation>繰り返しの続きを見る</translation>
    </message>
    <message>
        <source>looks at the same token earlier</source>
        <translation>前に出た同じトークンを見る</translation>
    </message>
    <message>
        <source>looks one token back</source>
        <translation>1 つ前のトークンを見る</translation>
    </message>
    <message>
        <source>looks one token ahead</source>
        <translation>1 つ後のトークンを見る</translation>
    </message>
    <message>
        <source>looks at itself</source>
        <translation>自分自身を見る</translation>
    </message>
    <message>
        <source>looks at separators</source>
        <translation>区切りを見る</translation>
    </message>
    <message>
        <source>looks at the first token</source>
        <translation>先頭のトークンを見る</translation>
    </message>
    <message>
        <source>looks at the same part of speech</source>
        <translation>同じ品詞を見る</translation>
    </message>
    <message>
        <source>spreads evenly</source>
        <translation>全体を均等に見る</translation>
    </message>
    <message>
        <source>looks nearby</source>
        <translation>近くを見る</translation>
    </message>
    <message>
        <source>picks a few tokens</source>
        <translation>少数のトークンに絞る</translation>
    </message>
    <message>
        <source>mixed</source>
        <translation>さまざま</translation>
    </message>
    <message>
        <source>looks at punctuation</source>
        <translation>句読点を見る</translation>
    </message>
    <message>
        <source>all look at the same token</source>
        <translation>どこからも同じトークンを見る</translation>
    </message>
    <message>
        <source>looks at one word</source>
        <translation>1 つの語を見る</translation>
    </message>
    <message>
        <source>{name} (bits)</source>
        <translation>{name}(ビット)</translation>
    </message>
    <message>
        <source>{name} (tokens)</source>
        <translation>{name}(トークン)</translation>
    </message>
    <message>
        <source>{name} (weight)</source>
        <translation>{name}(重み)</translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message>
        <source>How to read this picture</source>
        <translation>この図の読み方</translation>
    </message>
    <message>
        <source>Save or copy the picture, or its numbers</source>
        <translation>図や数値を保存・コピーする</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>書き出し</translation>
    </message>
    <message>
        <source>Save as PNG picture…</source>
        <translation>PNG 画像として保存…</translation>
    </message>
    <message>
        <source>Save as SVG drawing…</source>
        <translation>SVG 図形として保存…</translation>
    </message>
    <message>
        <source>Save as PDF…</source>
        <translation>PDF として保存…</translation>
    </message>
    <message>
        <source>Copy picture</source>
        <translation>図をコピー</translation>
    </message>
    <message>
        <source>Save numbers as CSV…</source>
        <translation>数値を CSV で保存…</translation>
    </message>
    <message>
        <source>Save numbers as NPZ…</source>
        <translation>数値を NPZ で保存…</translation>
    </message>
    <message>
        <source>Save numbers as JSON…</source>
        <translation>数値を JSON で保存…</translation>
    </message>
</context>
<context>
    <name>History</name>
    <message>
        <source>opening</source>
        <translation>開く操作</translation>
    </message>
    <message>
        <source>text</source>
        <translation>文</translation>
    </message>
    <message>
        <source>second sentence</source>
        <translation>二つ目の文</translation>
    </message>
    <message>
        <source>output</source>
        <translation>出力文</translation>
    </message>
    <message>
        <source>languages</source>
        <translation>言語</translation>
    </message>
    <message>
        <source>switching off</source>
        <translation>オン・オフの切り替え</translation>
    </message>
    <message>
        <source>kind of attention</source>
        <translation>注意の種類</translation>
    </message>
    <message>
        <source>layer</source>
        <translation>層</translation>
    </message>
    <message>
        <source>head</source>
        <translation>ヘッド</translation>
    </message>
    <message>
        <source>lock</source>
        <translation>トークンの固定</translation>
    </message>
    <message>
        <source>position</source>
        <translation>予測する位置</translation>
    </message>
    <message>
        <source>sampling</source>
        <translation>サンプリング</translation>
    </message>
    <message>
        <source>way of reading</source>
        <translation>読み方</translation>
    </message>
    <message>
        <source>colors</source>
        <translation>色の付け方</translation>
    </message>
    <message>
        <source>adapter</source>
        <translation>アダプターの付け外し</translation>
    </message>
    <message>
        <source>comparison</source>
        <translation>比較</translation>
    </message>
    <message>
        <source>opened trace</source>
        <translation>開いたトレース</translation>
    </message>
    <message>
        <source>There is nothing to undo.</source>
        <translation>元に戻せる操作はありません。</translation>
    </message>
    <message>
        <source>There is nothing to redo.</source>
        <translation>やり直せる操作はありません。</translation>
    </message>
    <message>
        <source>Undone: {what}</source>
        <translation>元に戻しました：{what}</translation>
    </message>
    <message>
        <source>Redone: {what}</source>
        <translation>やり直しました：{what}</translation>
    </message>
    <message>
        <source>No older text</source>
        <translation>これより前の文はありません</translation>
    </message>
    <message>
        <source>No newer text</source>
        <translation>これより後の文はありません</translation>
    </message>
    <message>
        <source>What was typed is in the history of texts.</source>
        <translation>入力した文は履歴に残しました。</translation>
    </message>
</context>
<context>
    <name>Ink</name>
    <message>
        <source>Red</source>
        <translation>赤</translation>
    </message>
    <message>
        <source>Green</source>
        <translation>緑</translation>
    </message>
    <message>
        <source>Violet</source>
        <translation>紫</translation>
    </message>
</context>
<context>
    <name>Interventions</name>
    <message>
        <source>zero</source>
        <translation>ゼロ</translation>
    </message>
    <message>
        <source>mean over the text</source>
        <translation>テキスト全体の平均</translation>
    </message>
    <message>
        <source>{parts} off ({how})</source>
        <translation>{parts} を無効化({how})</translation>
    </message>
    <message>
        <source>every layer</source>
        <translation>すべての層</translation>
    </message>
    <message>
        <source>all heads of {layers}</source>
        <translation>{layers} の全ヘッド</translation>
    </message>
    <message>
        <source>feed-forward part of {layers}</source>
        <translation>{layers} のフィードフォワード部</translation>
    </message>
    <message>
        <source>switched off</source>
        <translation>無効</translation>
    </message>
</context>
<context>
    <name>KeepDialog</name>
    <message>
        <source>Keep as an example</source>
        <translation>例として残す</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名前</translation>
    </message>
    <message>
        <source>What it shows</source>
        <translation>見どころ</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>残す</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>キャンセル</translation>
    </message>
</context>
<context>
    <name>Kinds</name>
    <message>
        <source>Self-attention</source>
        <translation>自己注意</translation>
    </message>
    <message>
        <source>Encoder self-attention</source>
        <translation>エンコーダーの自己注意</translation>
    </message>
    <message>
        <source>Decoder self-attention</source>
        <translation>デコーダーの自己注意</translation>
    </message>
    <message>
        <source>Cross-attention</source>
        <translation>交差注意</translation>
    </message>
</context>
<context>
    <name>Laboratory</name>
    <message>
        <source>the model's own</source>
        <translation>モデル本来の確率</translation>
    </message>
    <message>
        <source>kept</source>
        <translation>残ったもの</translation>
    </message>
    <message>
        <source>Repetition penalty</source>
        <translation>繰り返しペナルティ</translation>
    </message>
    <message>
        <source>Tokens that have less than this share of the most probable one's probability go.</source>
        <translation>最も確率の高いトークンに対して、この割合に満たないトークンを除きます。</translation>
    </message>
    <message>
        <source>Logits of tokens that stand in the text are divided by this (negative ones multiplied) first.</source>
        <translation>文にすでにあるトークンのロジットを、最初にこの値で割ります(負のロジットには掛けます)。</translation>
    </message>
    <message>
        <source>off</source>
        <translation>なし</translation>
    </message>
    <message>
        <source>The model's own settings</source>
        <translation>モデル既定の設定</translation>
    </message>
    <message>
        <source>Softmax with temperature τ of the logits z</source>
        <translation>ロジット z の、温度 τ のソフトマックス</translation>
    </message>
    <message>
        <source>rank</source>
        <translation>順位</translation>
    </message>
    <message>
        <source>probability</source>
        <translation>確率</translation>
    </message>
    <message>
        <source>Where the filters cut</source>
        <translation>フィルターで切る位置</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>指定なし</translation>
    </message>
    <message>
        <source>always the most probable token</source>
        <translation>常に最も確率の高いトークン</translation>
    </message>
    <message>
        <source>drawn</source>
        <translation>抽選</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>Its generation config says: {settings}</source>
        <translation>生成の設定(generation config)の指定：{settings}</translation>
    </message>
</context>
<context>
    <name>Layers</name>
    <message>
        <source>convolution</source>
        <translation>畳み込み</translation>
    </message>
    <message>
        <source>state space</source>
        <translation>状態空間モデル</translation>
    </message>
    <message>
        <source>linear attention, without a matrix of weights</source>
        <translation>線形注意(重みの行列なし)</translation>
    </message>
    <message>
        <source>recurrence</source>
        <translation>再帰</translation>
    </message>
    <message>
        <source>no attention</source>
        <translation>注意なし</translation>
    </message>
</context>
<context>
    <name>LectureBar</name>
    <message>
        <source>Leave lecture mode</source>
        <translation>講義モードを終える</translation>
    </message>
    <message>
        <source>Controls of the view</source>
        <translation>図の操作部を出す</translation>
    </message>
    <message>
        <source>Choose a view</source>
        <translation>ビューを選ぶ</translation>
    </message>
</context>
<context>
    <name>LoadHelp</name>
    <message>
        <source>Accept its terms…</source>
        <translation>利用条件に同意する…</translation>
    </message>
    <message>
        <source>Make a token…</source>
        <translation>トークンを作る…</translation>
    </message>
    <message>
        <source>Token of the hub (hf_…), for this load only</source>
        <translation>Hub のトークン(hf_…)。今回だけ使います</translation>
    </message>
    <message>
        <source>Token of the hub: it is sent with this load, and kept nowhere</source>
        <translation>Hub のトークン。今回の読み込みにだけ使い、どこにも保存しません</translation>
    </message>
    <message>
        <source>Load with this token</source>
        <translation>このトークンで読み込む</translation>
    </message>
    <message>
        <source>Choose its base model…</source>
        <translation>元のモデルを選ぶ…</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>閉じる</translation>
    </message>
    <message>
        <source>“{model}” needs:</source>
        <translation>「{model}」に必要なもの：</translation>
    </message>
</context>
<context>
    <name>LogitAttributionView</name>
    <message>
        <source>Each bar is what one part has added to the token’s logit: to the right for the token, to the left against it. All bars add up to the logit. A click on a head shows from which tokens its share came.</source>
        <translation>各棒は、1 つの部分がトークンのロジットに足した量です。右はトークンを後押しし、左は抑えます。すべて足すとロジットになります。ヘッドをクリックすると、どのトークンから来た分かがわかります。</translation>
    </message>
    <message>
        <source>This model has no language-model head: there is no logit that could be split.</source>
        <translation>このモデルには言語モデルのヘッドがないため、分けて示すロジットがありません。</translation>
    </message>
    <message>
        <source>position {position}</source>
        <translation>位置 {position}</translation>
    </message>
    <message>
        <source>most probable</source>
        <translation>最も確率の高いもの</translation>
    </message>
    <message>
        <source>Token</source>
        <translation>トークン</translation>
    </message>
    <message>
        <source>Whose logit is split</source>
        <translation>ロジットを分けて示すトークン</translation>
    </message>
    <message>
        <source>no other</source>
        <translation>なし</translation>
    </message>
    <message>
        <source>Against</source>
        <translation>比べる相手</translation>
    </message>
    <message>
        <source>The token whose logit is taken away from it</source>
        <translation>このトークンのロジットを引きます</translation>
    </message>
    <message>
        <source>by size</source>
        <translation>大きい順</translation>
    </message>
    <message>
        <source>by layer, the last one first</source>
        <translation>層の順(最後の層から)</translation>
    </message>
    <message>
        <source>every part</source>
        <translation>1 つの部分</translation>
    </message>
    <message>
        <source>a whole layer</source>
        <translation>1 つの層</translation>
    </message>
    <message>
        <source>a head, all else together</source>
        <translation>1 つのヘッド(ほかはまとめる)</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>順序</translation>
    </message>
    <message>
        <source>A bar is</source>
        <translation>棒 1 本</translation>
    </message>
    <message>
        <source>type a token</source>
        <translation>トークンを入力</translation>
    </message>
    <message>
        <source>A token’s text or number, then Enter</source>
        <translation>トークンの文字列か番号を入れて Enter を押します</translation>
    </message>
    <message>
        <source>Embedding</source>
        <translation>埋め込み</translation>
    </message>
    <message>
        <source>Position</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>Heads</source>
        <translation>ヘッド</translation>
    </message>
    <message>
        <source>Attention’s biases</source>
        <translation>注意のバイアス</translation>
    </message>
    <message>
        <source>Feed-forward parts</source>
        <translation>フィードフォワード部</translation>
    </message>
    <message>
        <source>Whole blocks</source>
        <translation>ブロック全体</translation>
    </message>
    <message>
        <source>Final norm’s shift</source>
        <translation>最後の正規化のずれ</translation>
    </message>
    <message>
        <source>Output layer’s bias</source>
        <translation>出力層のバイアス</translation>
    </message>
    <message>
        <source>What is no product</source>
        <translation>積で表せない分</translation>
    </message>
    <message>
        <source>L{layer} attention’s bias</source>
        <translation>L{layer} 注意のバイアス</translation>
    </message>
    <message>
        <source>L{layer} feed-forward</source>
        <translation>L{layer} フィードフォワード</translation>
    </message>
    <message>
        <source>L{layer} whole block</source>
        <translation>L{layer} ブロック全体</translation>
    </message>
    <message>
        <source>Layer {layer}</source>
        <translation>層 {layer}</translation>
    </message>
    <message>
        <source>{count} others</source>
        <translation>ほか {count} 個</translation>
    </message>
    <message>
        <source>Logit of “{token}”</source>
        <translation>「{token}」のロジット</translation>
    </message>
    <message>
        <source>Logit of “{token}” less that of “{against}”</source>
        <translation>「{token}」のロジット −「{against}」のロジット</translation>
    </message>
    <message>
        <source>Sum of all parts {total} · the model’s own {logit} · difference {error}</source>
        <translation>全部分の和 {total} · モデル自身の値 {logit} · 差 {error}</translation>
    </message>
    <message>
        <source>The final norm’s scale is held at its true value ({scale}).</source>
        <translation>最後の正規化の大きさは、実際の値({scale})に固定しています。</translation>
    </message>
    <message>
        <source>Parts are switched off or changed: each block stands as one bar.</source>
        <translation>モデルの一部が無効か変更されているため、各ブロックを 1 本の棒で示します。</translation>
    </message>
    <message>
        <source>{count} blocks are no sum of their parts (they normalise after them): each is one bar, {share} in all.</source>
        <translation>{count} 個のブロックは、部分の和ではありません(足した後に正規化します)。それぞれを 1 本の棒で示します(合計 {share})。</translation>
    </message>
    <message>
        <source>The output layer does more than a product (a soft cap, a transform): {rest} of the logit cannot be split.</source>
        <translation>出力層が積以外の計算(ソフトキャップや変換)をするため、ロジットのうち {rest} は分けられません。</translation>
    </message>
</context>
<context>
    <name>LogitLensView</name>
    <message>
        <source>At position {position}, “{token}”</source>
        <translation>位置 {position}「{token}」</translation>
    </message>
    <message>
        <source>Blocks passed (0: embeddings)</source>
        <translation>通ったブロックの数(0: 埋め込み)</translation>
    </message>
    <message>
        <source>Probability</source>
        <translation>確率</translation>
    </message>
    <message>
        <source>Tokens through the layers</source>
        <translation>層ごとのトークンの確率</translation>
    </message>
    <message>
        <source>Scripts through the layers</source>
        <translation>層ごとの文字の種類</translation>
    </message>
    <message>
        <source>Each cell is what the model would answer at this position if this layer were the last: the residual stream, read through the final norm and the output layer. The bottom row are the embeddings.</source>
        <translation>各マスは、その層が最後だったらその位置で何を予測するかを表します。残差ストリームを最後の正規化と出力層に通して読んだものです。いちばん下の行は埋め込みです。</translation>
    </message>
    <message>
        <source>This model has no language-model head: no layer can be asked for a token.</source>
        <translation>このモデルには言語モデルのヘッドがないため、どの層からもトークンを読めません。</translation>
    </message>
    <message>
        <source>position {position}</source>
        <translation>位置 {position}</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>層</translation>
    </message>
    <message>
        <source>{layer}: not read yet</source>
        <translation>{layer}: 未計算</translation>
    </message>
    <message>
        <source>{layer}: “{token}” {chance} · rank {rank} of the answer “{answer}” · {bits} bits</source>
        <translation>{layer}: 「{token}」{chance} · 答え「{answer}」は {rank} 位 · {bits} ビット</translation>
    </message>
    <message>
        <source>…</source>
        <translation>…</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>固定</translation>
    </message>
    <message>
        <source>A token that is followed through the layers, or no longer</source>
        <translation>層ごとに追うトークンを選びます。もう一度選ぶと外れます</translation>
    </message>
    <message>
        <source>A token's text or number, then Enter: its probability is followed</source>
        <translation>トークンの文字列か番号を入れて Enter を押すと、その確率を追います</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>色</translation>
    </message>
    <message>
        <source>What the cells' colours show</source>
        <translation>マスの色が表すもの</translation>
    </message>
    <message>
        <source>Read after</source>
        <translation>読む場所</translation>
    </message>
    <message>
        <source>After which part of a block</source>
        <translation>ブロックのどの部分の後で読むか</translation>
    </message>
    <message>
        <source>Beside</source>
        <translation>横の図</translation>
    </message>
    <message>
        <source>What is shown of the chosen position</source>
        <translation>選んだ位置について見るもの</translation>
    </message>
    <message>
        <source>type a token</source>
        <translation>トークンを入力</translation>
    </message>
    <message>
        <source>Token to pin</source>
        <translation>固定するトークン</translation>
    </message>
    <message>
        <source>emb.</source>
        <translation>埋込</translation>
    </message>
    <message>
        <source>probability</source>
        <translation>確率</translation>
    </message>
    <message>
        <source>rank of the answer</source>
        <translation>答えの順位</translation>
    </message>
    <message>
        <source>entropy</source>
        <translation>エントロピー</translation>
    </message>
    <message>
        <source>KL from the last layer</source>
        <translation>最後の層からの KL</translation>
    </message>
    <message>
        <source>the whole block</source>
        <translation>ブロック全体の後</translation>
    </message>
    <message>
        <source>its attention</source>
        <translation>注意の後</translation>
    </message>
    <message>
        <source>tokens through the layers</source>
        <translation>層ごとのトークンの確率</translation>
    </message>
    <message>
        <source>scripts through the layers</source>
        <translation>層ごとの文字の種類</translation>
    </message>
    <message>
        <source>kanji</source>
        <translation>漢字</translation>
    </message>
    <message>
        <source>kana</source>
        <translation>仮名</translation>
    </message>
    <message>
        <source>Latin</source>
        <translation>ラテン文字</translation>
    </message>
    <message>
        <source>other</source>
        <translation>その他</translation>
    </message>
    <message>
        <source>Prob.</source>
        <translation>確率</translation>
    </message>
    <message>
        <source>log₁₀ rank</source>
        <translation>log₁₀ 順位</translation>
    </message>
    <message>
        <source>Bits</source>
        <translation>ビット</translation>
    </message>
    <message>
        <source>KL (bits)</source>
        <translation>KL(ビット)</translation>
    </message>
    <message>
        <source>Token that is predicted</source>
        <translation>予測されるトークン</translation>
    </message>
    <message>
        <source>Token after which is predicted</source>
        <translation>このトークンの次を予測</translation>
    </message>
    <message>
        <source>In early layers the reading is unreliable.</source>
        <translation>浅い層の読み取りは当てになりません。</translation>
    </message>
    <message>
        <source>In early layers the reading is unreliable: they need not speak the language of the output layer (nostalgebraist 2020; Belrose et al. 2023).</source>
        <translation>浅い層の読み取りは当てになりません。出力層と同じ言葉で表しているとは限らないからです(nostalgebraist 2020、Belrose et al. 2023)。</translation>
    </message>
    <message>
        <source>Colours are measured by the answer of the whole model.</source>
        <translation>色は、モデル全体の答えを基準にしています。</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Transformer Visualizer</source>
        <translation>Transformer Visualizer</translation>
    </message>
</context>
<context>
    <name>MatrixPanel</name>
    <message>
        <source>distance {distance}</source>
        <translation>距離 {distance}</translation>
    </message>
    <message>
        <source>position {position}, “{token}”</source>
        <translation>位置 {position}「{token}」</translation>
    </message>
    <message>
        <source>position {position}</source>
        <translation>位置 {position}</translation>
    </message>
    <message>
        <source>{row}, dimension {column}: {value}</source>
        <translation>{row}、次元 {column}：{value}</translation>
    </message>
    <message>
        <source>{row} and {column}: cosine {value}</source>
        <translation>{row} と {column}：コサイン {value}</translation>
    </message>
    <message>
        <source>Distance</source>
        <translation>距離</translation>
    </message>
    <message>
        <source>Position</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>Dimension</source>
        <translation>次元</translation>
    </message>
    <message>
        <source>value</source>
        <translation>値</translation>
    </message>
    <message>
        <source>cosine</source>
        <translation>コサイン</translation>
    </message>
</context>
<context>
    <name>ModelCard</name>
    <message>
        <source>decoder</source>
        <translation>デコーダー</translation>
    </message>
    <message>
        <source>encoder</source>
        <translation>エンコーダー</translation>
    </message>
    <message>
        <source>encoder and decoder</source>
        <translation>エンコーダー・デコーダー</translation>
    </message>
    <message>
        <source>predicts the next token</source>
        <translation>次のトークンを予測</translation>
    </message>
    <message>
        <source>fills in blanks</source>
        <translation>穴埋め</translation>
    </message>
    <message>
        <source>turns one text into another</source>
        <translation>文を別の文に変換</translation>
    </message>
    <message>
        <source>none</source>
        <translation>なし</translation>
    </message>
    <message>
        <source>predicts no words</source>
        <translation>単語の予測なし</translation>
    </message>
    <message>
        <source>sinusoidal</source>
        <translation>正弦波</translation>
    </message>
    <message>
        <source>learned</source>
        <translation>学習された埋め込み</translation>
    </message>
    <message>
        <source>rotary (RoPE)</source>
        <translation>回転位置埋め込み(RoPE)</translation>
    </message>
    <message>
        <source>ALiBi</source>
        <translation>ALiBi</translation>
    </message>
    <message>
        <source>relative</source>
        <translation>相対位置</translation>
    </message>
</context>
<context>
    <name>ModelCardPopup</name>
    <message>
        <source>Loading</source>
        <translation>読み込み</translation>
    </message>
    <message>
        <source>About this model</source>
        <translation>このモデルについて</translation>
    </message>
    <message>
        <source>{heads} ({shared} for keys and values)</source>
        <translation>{heads}(キーと値は {shared})</translation>
    </message>
    <message>
        <source>no limit</source>
        <translation>上限なし</translation>
    </message>
    <message>
        <source>{count} of {all} layers have attention</source>
        <translation>{all} 層のうち {count} 層に注意があります</translation>
    </message>
    <message>
        <source>{count} layers have a state space beside attention</source>
        <translation>{count} 層では注意と並んで状態空間モデルも働きます</translation>
    </message>
    <message>
        <source>Family</source>
        <translation>系列</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>種類</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>パラメーター数</translation>
    </message>
    <message>
        <source>Layers × heads</source>
        <translation>層 × ヘッド</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>幅(次元)</translation>
    </message>
    <message>
        <source>Vocabulary</source>
        <translation>語彙</translation>
    </message>
    <message>
        <source>Positions</source>
        <translation>位置の表し方</translation>
    </message>
    <message>
        <source>Longest text (tokens)</source>
        <translation>最大の長さ(トークン)</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>デバイス</translation>
    </message>
    <message>
        <source>Number type</source>
        <translation>数値の型</translation>
    </message>
    <message>
        <source>Memory of the weights</source>
        <translation>重みのメモリ</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>アダプター</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>出どころ</translation>
    </message>
</context>
<context>
    <name>ModelMapView</name>
    <message>
        <source>The text enters below and leaves above. Every box is a part of this very model, found by watching it run; arrows say what it reads. Equal layers are folded, the present one is unfolded. Click a box to open the view for it.</source>
        <translation>文は下から入り、上へ抜けます。どの箱も、動作を観察して見つけた、このモデル自身の部分です。矢印は何を読むかを表します。同じ作りの層はまとめ、いま見ている層を開いています。箱をクリックすると、その部分のビューが開きます。</translation>
    </message>
    <message>
        <source>layer {layer}</source>
        <translation>層 {layer}</translation>
    </message>
    <message>
        <source>Layer {layer}</source>
        <translation>層 {layer}</translation>
    </message>
    <message>
        <source>Layers {layer} to {last}: × {count}</source>
        <translation>層 {layer}〜{last}:× {count}</translation>
    </message>
    <message>
        <source>{count} parameters</source>
        <translation>パラメーター数 {count}</translation>
    </message>
    <message>
        <source>Otherwise than the Transformer of 2017:</source>
        <translation>2017 年の Transformer との違い:</translation>
    </message>
    <message>
        <source>nothing that was found</source>
        <translation>違いは見つかりませんでした</translation>
    </message>
    <message>
        <source>gives {shape}</source>
        <translation>出力 {shape}</translation>
    </message>
    <message>
        <source>length of each vector: {values}</source>
        <translation>各ベクトルの長さ:{values}</translation>
    </message>
    <message>
        <source>The same happens in {name}.</source>
        <translation>{name}でも、同じことが行われます。</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>一時停止</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>再生</translation>
    </message>
    <message>
        <source>Let the text flow through, step by step  Space</source>
        <translation>文が通る道を順にたどる  スペース</translation>
    </message>
    <message>
        <source>Matrices</source>
        <translation>行列</translation>
    </message>
    <message>
        <source>List the matrices of every box with their shapes</source>
        <translation>各箱の行列を形とともに並べる</translation>
    </message>
    <message>
        <source>RMS norm</source>
        <translation>RMS 正規化</translation>
    </message>
    <message>
        <source>Layer norm</source>
        <translation>層正規化</translation>
    </message>
    <message>
        <source>Token embedding</source>
        <translation>トークンの埋め込み</translation>
    </message>
    <message>
        <source>Further embedding</source>
        <translation>別の埋め込み</translation>
    </message>
    <message>
        <source>Positions</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>Norm</source>
        <translation>正規化</translation>
    </message>
    <message>
        <source>Self-attention</source>
        <translation>自己注意</translation>
    </message>
    <message>
        <source>Cross-attention</source>
        <translation>交差注意</translation>
    </message>
    <message>
        <source>Feed-forward</source>
        <translation>フィードフォワード</translation>
    </message>
    <message>
        <source>Experts</source>
        <translation>エキスパート</translation>
    </message>
    <message>
        <source>Another mixer of tokens</source>
        <translation>注意以外でトークンを混ぜる層</translation>
    </message>
    <message>
        <source>Block (parts not told apart)</source>
        <translation>ブロック(部分に分けられません)</translation>
    </message>
    <message>
        <source>Further parameters</source>
        <translation>その他のパラメーター</translation>
    </message>
    <message>
        <source>Final norm</source>
        <translation>最後の正規化</translation>
    </message>
    <message>
        <source>Linear</source>
        <translation>線形変換</translation>
    </message>
    <message>
        <source>Output layer</source>
        <translation>出力層</translation>
    </message>
    <message>
        <source>Softmax</source>
        <translation>ソフトマックス</translation>
    </message>
    <message>
        <source>Beside the prediction</source>
        <translation>予測以外の部分</translation>
    </message>
    <message>
        <source>Convolution</source>
        <translation>畳み込み</translation>
    </message>
    <message>
        <source>State space</source>
        <translation>状態空間</translation>
    </message>
    <message>
        <source>Linear attention</source>
        <translation>線形注意</translation>
    </message>
    <message>
        <source>Recurrence</source>
        <translation>再帰</translation>
    </message>
    <message>
        <source>sinusoidal</source>
        <translation>正弦波</translation>
    </message>
    <message>
        <source>learned</source>
        <translation>学習</translation>
    </message>
    <message>
        <source>rotary, in attention</source>
        <translation>回転(注意の中)</translation>
    </message>
    <message>
        <source>ALiBi, in attention</source>
        <translation>ALiBi(注意の中)</translation>
    </message>
    <message>
        <source>relative, in attention</source>
        <translation>相対(注意の中)</translation>
    </message>
    <message>
        <source>{count} heads</source>
        <translation>{count} ヘッド</translation>
    </message>
    <message>
        <source>{count} for keys</source>
        <translation>キーは {count}</translation>
    </message>
    <message>
        <source>window {count}</source>
        <translation>窓 {count}</translation>
    </message>
    <message>
        <source>{chosen} of {count} for each token</source>
        <translation>トークンごとに {count} 個中 {chosen} 個</translation>
    </message>
    <message>
        <source>tied to the embedding</source>
        <translation>埋め込みと共有</translation>
    </message>
    <message>
        <source>Each token’s number picks its row of the table: a word is a vector.</source>
        <translation>トークンの番号で表の行を 1 つ選びます。語がベクトルになります。</translation>
    </message>
    <message>
        <source>A further table is read: of which sentence a token is, for example.</source>
        <translation>別の表も引きます。たとえば、どちらの文のトークンかを表します。</translation>
    </message>
    <message>
        <source>The model is told where each token stands.</source>
        <translation>各トークンがどこにあるかを、モデルに伝えます。</translation>
    </message>
    <message>
        <source>What was computed is added to the stream, which goes on.</source>
        <translation>計算した結果をストリームに足し、先へ進みます。</translation>
    </message>
    <message>
        <source>Each vector is brought to one size, so that numbers neither grow nor fade.</source>
        <translation>各ベクトルの大きさをそろえ、値が大きく(小さく)なりすぎるのを防ぎます。</translation>
    </message>
    <message>
        <source>Tokens look at each other, and take over what they need.</source>
        <translation>トークンどうしが互いを見て、必要な情報を取り込みます。</translation>
    </message>
    <message>
        <source>What is written looks at the source text.</source>
        <translation>書いている側が、原文を見ます。</translation>
    </message>
    <message>
        <source>Each token thinks for itself: a small network on each vector.</source>
        <translation>トークンごとに、小さなネットワークで個別に計算します。</translation>
    </message>
    <message>
        <source>A router sends each token to a few of many small networks.</source>
        <translation>ルーターが、各トークンを多数の小さなネットワークのうちの数個に送ります。</translation>
    </message>
    <message>
        <source>Tokens are mixed here without attention.</source>
        <translation>ここでは、注意を使わずにトークンの情報を混ぜます。</translation>
    </message>
    <message>
        <source>A whole block runs, whose parts could not be told apart.</source>
        <translation>部分に分けられないブロック全体が計算します。</translation>
    </message>
    <message>
        <source>Parameters that no other box of the diagram has.</source>
        <translation>図のほかのどの箱にも属さないパラメーターです。</translation>
    </message>
    <message>
        <source>The vectors are brought to one size for the last time.</source>
        <translation>最後にもう一度、ベクトルの大きさをそろえます。</translation>
    </message>
    <message>
        <source>Each vector is multiplied with one more matrix.</source>
        <translation>各ベクトルに、もう 1 つ行列を掛けます。</translation>
    </message>
    <message>
        <source>Each vector is compared with every word of the vocabulary: scores.</source>
        <translation>各ベクトルを語彙のすべての語と比べ、スコアを出します。</translation>
    </message>
    <message>
        <source>Scores become probabilities, which sum to 1.</source>
        <translation>スコアを、合計が 1 になる確率に変えます。</translation>
    </message>
    <message>
        <source>This is computed beside the prediction, for other tasks.</source>
        <translation>予測とは別に、ほかの課題のために計算されます。</translation>
    </message>
    <message>
        <source>A decoder alone, without encoder</source>
        <translation>デコーダーだけ(エンコーダーなし)</translation>
    </message>
    <message>
        <source>An encoder alone, without decoder</source>
        <translation>エンコーダーだけ(デコーダーなし)</translation>
    </message>
    <message>
        <source>Norms before attention and feed-forward, not after the sum</source>
        <translation>正規化は和の後ではなく、注意とフィードフォワードの前</translation>
    </message>
    <message>
        <source>Norms after attention and feed-forward, before the sum</source>
        <translation>正規化は注意とフィードフォワードの後、和の前</translation>
    </message>
    <message>
        <source>Norms before and after attention and feed-forward</source>
        <translation>正規化は注意とフィードフォワードの前と後</translation>
    </message>
    <message>
        <source>Parts side by side: one sum for both</source>
        <translation>2 つの部分が並列(和は 1 回)</translation>
    </message>
    <message>
        <source>RMS norm: the mean is not taken away</source>
        <translation>RMS 正規化(平均を引かない)</translation>
    </message>
    <message>
        <source>Activation {value}, not ReLU</source>
        <translation>活性化関数は ReLU ではなく {value}</translation>
    </message>
    <message>
        <source>A gate in the feed-forward part</source>
        <translation>フィードフォワードにゲートがある</translation>
    </message>
    <message>
        <source>Positions: {value}, not sinusoidal</source>
        <translation>位置は正弦波ではなく、{value}</translation>
    </message>
    <message>
        <source>No position encoding</source>
        <translation>位置エンコーディングなし</translation>
    </message>
    <message>
        <source>One head of keys for all heads of queries ({value})</source>
        <translation>クエリの全ヘッドでキーのヘッドが 1 つ({value})</translation>
    </message>
    <message>
        <source>Heads of queries share heads of keys ({value})</source>
        <translation>クエリのヘッドがキーのヘッドを共有({value})</translation>
    </message>
    <message>
        <source>Attention within a window ({value} tokens)</source>
        <translation>注意は窓の中だけ({value} トークン)</translation>
    </message>
    <message>
        <source>Experts: each token goes to {value}</source>
        <translation>エキスパート(各トークンは {value} を使う)</translation>
    </message>
    <message>
        <source>Layers with something else than attention: {value}</source>
        <translation>注意以外の仕組みの層がある({value})</translation>
    </message>
    <message>
        <source>The output layer has a matrix of its own</source>
        <translation>出力層が独自の行列を持つ</translation>
    </message>
    <message>
        <source>One more norm after the last block</source>
        <translation>最後のブロックの後にも正規化</translation>
    </message>
    <message>
        <source>All layers share their weights</source>
        <translation>全層で重みを共有</translation>
    </message>
    <message>
        <source>What is added to the stream is scaled</source>
        <translation>ストリームに足す値に倍率を掛ける</translation>
    </message>
</context>
<context>
    <name>ModelPicker</name>
    <message>
        <source>Name, hub id (owner/model), folder or .gguf file</source>
        <translation>名前、Hub の ID(所有者/モデル)、フォルダー、.gguf ファイル</translation>
    </message>
    <message>
        <source>Find or name a model</source>
        <translation>モデルを探す・指定する</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>モデル</translation>
    </message>
    <message>
        <source>Open a folder…</source>
        <translation>フォルダーを開く…</translation>
    </message>
    <message>
        <source>Open a .gguf file…</source>
        <translation>.gguf ファイルを開く…</translation>
    </message>
    <message>
        <source>From the hub, on this machine</source>
        <translation>このコンピューターにある Hub のモデル</translation>
    </message>
    <message>
        <source>Ship with the program</source>
        <translation>付属のモデル</translation>
    </message>
    <message>
        <source>Used recently</source>
        <translation>最近使ったモデル</translation>
    </message>
    <message>
        <source>Offline (HF_HUB_OFFLINE): nothing is fetched from the hub</source>
        <translation>オフライン(HF_HUB_OFFLINE)：Hub からは取得しません</translation>
    </message>
    <message>
        <source>From the Hugging Face hub (fetched once)</source>
        <translation>Hugging Face Hub から(初回のみ取得)</translation>
    </message>
    <message>
        <source>Used last on {date}</source>
        <translation>最後に使った日：{date}</translation>
    </message>
    <message>
        <source>Not complete: it goes on when it is chosen</source>
        <translation>ダウンロードの途中です。選ぶと続きから取得します</translation>
    </message>
    <message>
        <source>needs {packages}</source>
        <translation>{packages} が必要</translation>
    </message>
    <message>
        <source>The bin, or Shift+Delete, deletes it from this machine</source>
        <translation>ごみ箱か Shift+Delete で、このコンピューターから削除します</translation>
    </message>
    <message>
        <source>A's weights were unpacked from fewer bits: choose the model they were made of to see what changes.</source>
        <translation>A の重みは、少ないビット数から戻したものです。元のモデルを選ぶと、何が変わるかを見られます。</translation>
    </message>
    <message>
        <source>Of the hub: owner/name, owner/name@revision, owner/name:file.gguf</source>
        <translation>Hub: 所有者/名前、…@リビジョン、…:ファイル.gguf</translation>
    </message>
    <message>
        <source>Enter: the file {file} of {repository}</source>
        <translation>Enter: {repository} の {file}</translation>
    </message>
    <message>
        <source>Enter: revision {revision} of {repository}</source>
        <translation>Enter: {repository} のリビジョン {revision}</translation>
    </message>
    <message>
        <source>Enter: {repository} from the hub</source>
        <translation>Enter: Hub の {repository}</translation>
    </message>
    <message>
        <source>on this machine</source>
        <translation>取得済み</translation>
    </message>
    <message>
        <source>offline: it cannot be fetched</source>
        <translation>オフラインのため取得できません</translation>
    </message>
    <message>
        <source>Folder of a model</source>
        <translation>モデルのフォルダー</translation>
    </message>
    <message>
        <source>GGUF models</source>
        <translation>GGUF モデル</translation>
    </message>
    <message>
        <source>Model in one file</source>
        <translation>1 ファイルのモデル</translation>
    </message>
</context>
<context>
    <name>NextTokenView</name>
    <message>
        <source>“{token}” · id {id} · rank {rank}</source>
        <translation>「{token}」 · id {id} · {rank} 位</translation>
    </message>
    <message>
        <source>probability {share} (before the filters {unfiltered}) · logit {logit}</source>
        <translation>確率 {share}(フィルター前 {unfiltered}) · ロジット {logit}</translation>
    </message>
    <message>
        <source>This token really stands here in the text.</source>
        <translation>実際の文ではこのトークンがここにあります。</translation>
    </message>
    <message>
        <source>Entropy {bits} bits</source>
        <translation>エントロピー {bits} ビット</translation>
    </message>
    <message>
        <source>before the filters {bits}</source>
        <translation>フィルター前 {bits}</translation>
    </message>
    <message>
        <source>{kept} of {all} tokens stay</source>
        <translation>{all} 個中 {kept} 個が残る</translation>
    </message>
    <message>
        <source>Here in the text: “{token}”, rank {rank}, {share}, surprisal {bits} bits</source>
        <translation>実際の語「{token}」：{rank} 位、{share}、サプライザル {bits} ビット</translation>
    </message>
    <message>
        <source>Next in the text: “{token}”, rank {rank}, {share}, surprisal {bits} bits</source>
        <translation>実際の次の語「{token}」：{rank} 位、{share}、サプライザル {bits} ビット</translation>
    </message>
    <message>
        <source>Everything on (dashed): “{token}” {before}; now {after}, rank {rank} · KL {kl} bits</source>
        <translation>すべて有効のとき(破線)：「{token}」{before}、今は {after}、{rank} 位 · KL {kl} ビット</translation>
    </message>
    <message>
        <source>with everything on: {share}, rank {rank}</source>
        <translation>すべて有効のとき：{share}、{rank} 位</translation>
    </message>
    <message>
        <source>What changes most in probability, from A to B</source>
        <translation>A から B で確率が最も変わるトークン</translation>
    </message>
    <message>
        <source>A: position {a} · B: position {b}</source>
        <translation>A は位置 {a}・B は位置 {b}</translation>
    </message>
    <message>
        <source>KL from A to B {bits} bits · total variation {variation}</source>
        <translation>A から B への KL {bits} ビット・全変動距離 {variation}</translation>
    </message>
    <message>
        <source>The vocabularies differ: tokens are matched by how they are written.</source>
        <translation>語彙が違うので、表記が同じトークンどうしを比べます。</translation>
    </message>
    <message>
        <source>“{token}”: A {a} (rank {rank_a}), B {b} (rank {rank_b})</source>
        <translation>「{token}」：A {a}({rank_a} 位)、B {b}({rank_b} 位)</translation>
    </message>
    <message>
        <source>Each bar is the probability of one token of the vocabulary; with the last row they add up to 100 %. The tick is the model's own probability before temperature, top-k and top-p. Click a token to write it.</source>
        <translation>1 本の棒が語彙の 1 トークンの確率で、最後の行も含めると合計は 100 % です。縦の目印は、温度・top-k・top-p をかける前のモデル本来の確率です。トークンをクリックすると文に書き足されます。</translation>
    </message>
    <message>
        <source>This model has no language-model head: it gives every token a vector, but predicts no token.</source>
        <translation>このモデルには言語モデルのヘッドがありません。各トークンのベクトルは計算しますが、トークンの予測はしません。</translation>
    </message>
    <message>
        <source>position {position}</source>
        <translation>位置 {position}</translation>
    </message>
    <message>
        <source>Position {position}: after “{token}”</source>
        <translation>位置 {position}：「{token}」の次</translation>
    </message>
    <message>
        <source>The two sentences belong together: {share}</source>
        <translation>2 つの文は対になっている：{share}</translation>
    </message>
    <message>
        <source>They do not: {share}</source>
        <translation>対になっていない：{share}</translation>
    </message>
    <message>
        <source>Blank {number} (position {position})</source>
        <translation>空欄 {number}(位置 {position})</translation>
    </message>
    <message>
        <source>This model fills blanks. Type {mask} where a word is missing, or click a token to blank it out:</source>
        <translation>このモデルは空欄を埋めます。抜けている所に {mask} と入力するか、空欄にしたいトークンをクリックしてください：</translation>
    </message>
    <message>
        <source>Position in the text</source>
        <translation>文中の位置</translation>
    </message>
    <message>
        <source>Surprisal of what came next (bits)</source>
        <translation>次に来たトークンのサプライザル(ビット)</translation>
    </message>
    <message>
        <source>Candidates</source>
        <translation>候補</translation>
    </message>
    <message>
        <source>Candidates by change of probability</source>
        <translation>確率の変化の大きいトークン</translation>
    </message>
    <message>
        <source>Blank</source>
        <translation>空欄</translation>
    </message>
    <message>
        <source>Blank this token out</source>
        <translation>このトークンを空欄にする</translation>
    </message>
    <message>
        <source>{count} others</source>
        <translation>他 {count} 個</translation>
    </message>
    <message>
        <source>All other tokens of the vocabulary together</source>
        <translation>語彙の残りすべてのトークンの合計</translation>
    </message>
    <message>
        <source>temperature {value}</source>
        <translation>温度 {value}</translation>
    </message>
    <message>
        <source>penalty {value}</source>
        <translation>ペナルティ {value}</translation>
    </message>
</context>
<context>
    <name>NextTokensLine</name>
    <message>
        <source>Blank:</source>
        <translation>穴：</translation>
    </message>
    <message>
        <source>Next:</source>
        <translation>次：</translation>
    </message>
    <message>
        <source>The most probable next tokens</source>
        <translation>次に来る確率の高いトークン</translation>
    </message>
</context>
<context>
    <name>Notices</name>
    <message>
        <source>This is the text part of a model that also reads pictures or sounds.</source>
        <translation>画像や音声も読むモデルの、テキスト部分です。</translation>
    </message>
    <message>
        <source>Its weights are kept quantized ({how}) and were unpacked, which takes memory.</source>
        <translation>量子化({how})された重みを展開して読み込みました。その分メモリを多く使います。</translation>
    </message>
    <message>
        <source>float16 is slow on this processor: bfloat16 is often many times faster.</source>
        <translation>この CPU では float16 は遅くなります。bfloat16 のほうが何倍も速いことがよくあります。</translation>
    </message>
</context>
<context>
    <name>Palette</name>
    <message>
        <source>Find a command, a term, or a head such as 2.3</source>
        <translation>コマンド・用語・ヘッド(2.3 など)を探す</translation>
    </message>
    <message>
        <source>Find a command</source>
        <translation>コマンドを探す</translation>
    </message>
    <message>
        <source>Commands and keys</source>
        <translation>コマンドとキー</translation>
    </message>
    <message>
        <source>example</source>
        <translation>例</translation>
    </message>
    <message>
        <source>term</source>
        <translation>用語</translation>
    </message>
</context>
<context>
    <name>PaneLine</name>
    <message>
        <source>Switch on again: {name}</source>
        <translation>有効に戻す：{name}</translation>
    </message>
    <message>
        <source>{count} more that are off</source>
        <translation>ほかに無効なもの：{count}</translation>
    </message>
    <message>
        <source>Switched off</source>
        <translation>無効</translation>
    </message>
    <message>
        <source>All on again</source>
        <translation>すべて有効に戻す</translation>
    </message>
    <message>
        <source>Switch everything on again (Shift+X)</source>
        <translation>すべて有効に戻す(Shift+X)</translation>
    </message>
    <message>
        <source>by</source>
        <translation>代わりの値</translation>
    </message>
    <message>
        <source>What stands in the place of a part's output: nothing, or its mean over all tokens of this text</source>
        <translation>無効にした部分の出力の代わりに入れる値：ゼロ、またはこのテキストの全トークンでの平均</translation>
    </message>
</context>
<context>
    <name>PartOfSpeech</name>
    <message>
        <source>noun</source>
        <translation>名詞</translation>
    </message>
    <message>
        <source>verb</source>
        <translation>動詞</translation>
    </message>
    <message>
        <source>adjective</source>
        <translation>形容詞</translation>
    </message>
    <message>
        <source>adverb</source>
        <translation>副詞</translation>
    </message>
    <message>
        <source>particle</source>
        <translation>助詞</translation>
    </message>
    <message>
        <source>auxiliary</source>
        <translation>助動詞</translation>
    </message>
    <message>
        <source>adnominal</source>
        <translation>連体詞</translation>
    </message>
    <message>
        <source>conjunction</source>
        <translation>接続詞</translation>
    </message>
    <message>
        <source>prefix</source>
        <translation>接頭詞</translation>
    </message>
    <message>
        <source>interjection</source>
        <translation>感動詞</translation>
    </message>
    <message>
        <source>symbol</source>
        <translation>記号</translation>
    </message>
    <message>
        <source>filler</source>
        <translation>フィラー</translation>
    </message>
    <message>
        <source>other</source>
        <translation>その他</translation>
    </message>
    <message>
        <source>n.</source>
        <translation>名</translation>
    </message>
    <message>
        <source>v.</source>
        <translation>動</translation>
    </message>
    <message>
        <source>adj.</source>
        <translation>形</translation>
    </message>
    <message>
        <source>adv.</source>
        <translation>副</translation>
    </message>
    <message>
        <source>prt.</source>
        <translation>助</translation>
    </message>
    <message>
        <source>aux.</source>
        <translation>助動</translation>
    </message>
    <message>
        <source>adn.</source>
        <translation>連体</translation>
    </message>
    <message>
        <source>conj.</source>
        <translation>接</translation>
    </message>
    <message>
        <source>pref.</source>
        <translation>接頭</translation>
    </message>
    <message>
        <source>intj.</source>
        <translation>感</translation>
    </message>
    <message>
        <source>sym.</source>
        <translation>記</translation>
    </message>
    <message>
        <source>fil.</source>
        <translation>フィ</translation>
    </message>
    <message>
        <source>oth.</source>
        <translation>他</translation>
    </message>
</context>
<context>
    <name>PartTableModel</name>
    <message>
        <source>L{layer} feed-forward</source>
        <translation>L{layer} フィードフォワード</translation>
    </message>
    <message>
        <source>Part</source>
        <translation>部分</translation>
    </message>
    <message>
        <source>Δ log p</source>
        <translation>Δ log p</translation>
    </message>
    <message>
        <source>KL (bits)</source>
        <translation>KL(ビット)</translation>
    </message>
    <message>
        <source>Change of the token's log probability (natural) when this part alone is switched off.</source>
        <translation>この部分だけを無効にしたときの、トークンの対数確率(自然対数)の変化。</translation>
    </message>
    <message>
        <source>How far the whole distribution moves away from the ordinary one: KL divergence in bits.</source>
        <translation>分布全体が通常の分布からどれだけ離れるか(KL ダイバージェンス、ビット)。</translation>
    </message>
</context>
<context>
    <name>PenBar</name>
    <message>
        <source>Put the pen away</source>
        <translation>ペンをしまう</translation>
    </message>
</context>
<context>
    <name>PositionsView</name>
    <message>
        <source>How this model tells positions apart: numbers added to the embeddings, queries and keys turned by an angle, or a bias on the scores that depends on distance. Hover a position to follow it; “Formula” shows the sinusoidal encoding of the original paper.</source>
        <translation>このモデルが位置を区別するしくみです。埋め込みに数を足す、クエリとキーを角度で回す、距離に応じたバイアスをスコアに足す、のいずれかです。位置にポインターを合わせるとその位置を追えます。「式」は原論文の正弦波エンコーディングを表示します。</translation>
    </message>
    <message>
        <source>Part</source>
        <translation>部分</translation>
    </message>
    <message>
        <source>a sinusoidal encoding</source>
        <translation>正弦波の位置エンコーディング</translation>
    </message>
    <message>
        <source>learned position embeddings</source>
        <translation>学習された位置埋め込み</translation>
    </message>
    <message>
        <source>rotary position encoding</source>
        <translation>回転位置埋め込み(RoPE)</translation>
    </message>
    <message>
        <source>a relative position bias</source>
        <translation>相対位置バイアス</translation>
    </message>
    <message>
        <source>ALiBi</source>
        <translation>ALiBi</translation>
    </message>
    <message>
        <source>no position encoding</source>
        <translation>位置エンコーディングなし</translation>
    </message>
    <message>
        <source>encoder</source>
        <translation>エンコーダー</translation>
    </message>
    <message>
        <source>decoder</source>
        <translation>デコーダー</translation>
    </message>
    <message>
        <source>layers: {layers}</source>
        <translation>層：{layers}</translation>
    </message>
    <message>
        <source>This model has no position encoding: nothing is added, turned or biased by position.</source>
        <translation>このモデルには位置エンコーディングがありません。位置によって足すもの、回すもの、偏らせるものがありません。</translation>
    </message>
    <message>
        <source>Sines and cosines of the position are added to the embeddings.</source>
        <translation>位置のサインとコサインを埋め込みに足します。</translation>
    </message>
    <message>
        <source>A learned vector for each position is added to the embeddings.</source>
        <translation>位置ごとに学習されたベクトルを埋め込みに足します。</translation>
    </message>
    <message>
        <source>Queries and keys are turned, pair by pair, by an angle that grows with the position.</source>
        <translation>クエリとキーを 2 次元ずつ組にして、位置に比例する角度だけ回します。</translation>
    </message>
    <message>
        <source>Each head adds a learned bias to its scores that depends on the distance.</source>
        <translation>各ヘッドが、距離で決まる学習されたバイアスをスコアに足します。</translation>
    </message>
    <message>
        <source>Each head lowers its scores in proportion to the distance, by a slope of its own.</source>
        <translation>各ヘッドが、それぞれの傾きで、距離に比例してスコアを下げます。</translation>
    </message>
    <message>
        <source>Attention also compares queries and keys with a vector for each distance.</source>
        <translation>注意の計算で、クエリとキーを距離ごとのベクトルとも照らし合わせます。</translation>
    </message>
    <message>
        <source>sines in the left half of the columns, cosines in the right</source>
        <translation>左半分の列がサイン、右半分がコサイン</translation>
    </message>
    <message>
        <source>sine and cosine in turn</source>
        <translation>サインとコサインが交互</translation>
    </message>
    <message>
        <source>{rows} positions × {width}</source>
        <translation>{rows} 位置 × {width} 次元</translation>
    </message>
    <message>
        <source>position 0 uses row {row} of the table</source>
        <translation>位置 0 は表の {row} 行目を使う</translation>
    </message>
    <message>
        <source>{turned} of {all} dimensions of each head</source>
        <translation>各ヘッド {all} 次元中 {turned} 次元</translation>
    </message>
    <message>
        <source>scaled by {factor}</source>
        <translation>倍率 {factor}</translation>
    </message>
    <message>
        <source>Formula</source>
        <translation>式</translation>
    </message>
    <message>
        <source>The sinusoidal encoding of “Attention Is All You Need”, section 3.5</source>
        <translation>論文「Attention Is All You Need」3.5 節の正弦波エンコーディング</translation>
    </message>
</context>
<context>
    <name>PresenterWindow</name>
    <message>
        <source>Controls and notes</source>
        <translation>操作とメモ</translation>
    </message>
    <message>
        <source>Notes, kept with the session; the class does not see them</source>
        <translation>メモ(作業状態と一緒に保存され、投影されません)</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>メモ</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>モデルを選ぶ</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>モデル</translation>
    </message>
</context>
<context>
    <name>PresentingButtons</name>
    <message>
        <source>Tools of a talk</source>
        <translation>発表の道具</translation>
    </message>
</context>
<context>
    <name>ProductBars</name>
    <message>
        <source>Dimension {index}</source>
        <translation>次元 {index}</translation>
    </message>
</context>
<context>
    <name>PromptBar</name>
    <message>
        <source>Write a conversation, with the checkpoint's own chat template</source>
        <translation>チェックポイント自身のチャットテンプレートで会話を書く</translation>
    </message>
    <message>
        <source>Conversation</source>
        <translation>会話</translation>
    </message>
    <message>
        <source>History of texts ({keys})</source>
        <translation>文の履歴({keys})</translation>
    </message>
    <message>
        <source>History of texts</source>
        <translation>文の履歴</translation>
    </message>
    <message>
        <source>Type a sentence</source>
        <translation>文を入力</translation>
    </message>
    <message>
        <source>Text that the model reads</source>
        <translation>モデルが読む文</translation>
    </message>
    <message>
        <source>Language of the text</source>
        <translation>入力の言語</translation>
    </message>
    <message>
        <source>Language of the output</source>
        <translation>出力の言語</translation>
    </message>
    <message>
        <source>Output, generated when empty</source>
        <translation>出力(空ならモデルが生成)</translation>
    </message>
    <message>
        <source>Output that the decoder is fed</source>
        <translation>デコーダーに与える出力</translation>
    </message>
    <message>
        <source>What the decoder is fed. Empty: the model generates it.</source>
        <translation>デコーダーに与える文です。空ならモデルが生成します。</translation>
    </message>
    <message>
        <source>Second sentence (optional)</source>
        <translation>2 つ目の文(なくてもよい)</translation>
    </message>
    <message>
        <source>Second sentence</source>
        <translation>2 つ目の文</translation>
    </message>
</context>
<context>
    <name>PromptEditor</name>
    <message>
        <source>Prompt {number}</source>
        <translation>プロンプト {number}</translation>
    </message>
    <message>
        <source>Answers</source>
        <translation>答え</translation>
    </message>
    <message>
        <source>Tokyo|Kyoto: with | between them; empty: the most probable tokens</source>
        <translation>東京|京都：| で区切ります。空なら、最も確率の高いトークンを使います</translation>
    </message>
    <message>
        <source>Text of the prompt</source>
        <translation>プロンプトの文章</translation>
    </message>
    <message>
        <source>Answers whose probability is asked</source>
        <translation>確率を調べる答え</translation>
    </message>
    <message>
        <source>Add a copy</source>
        <translation>複製を加える</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>取り除く</translation>
    </message>
    <message>
        <source>Start from…</source>
        <translation>ひな形から…</translation>
    </message>
    <message>
        <source>Adds a way of asking, to be edited</source>
        <translation>問い方のひな形を加えます(書き換えられます)</translation>
    </message>
</context>
<context>
    <name>PromptsView</name>
    <message>
        <source>Each row is a prompt, each column an answer: how probable is exactly this answer after exactly this prompt? The best one of a row is bold.</source>
        <translation>行がプロンプト、列が答えです。このプロンプトの後にこの答えがちょうど続く確率を示し、行の中でいちばん高いものを太字にします。</translation>
    </message>
    <message>
        <source>This model does not predict what comes next: an answer has no probability after a prompt.</source>
        <translation>このモデルは続きを予測しないため、プロンプトの後の答えには確率がありません。</translation>
    </message>
    <message>
        <source>Probability of the whole answer: of these very tokens, one after the other.</source>
        <translation>答え全体の確率です(このトークンが順に続く確率の積)。</translation>
    </message>
    <message>
        <source>Geometric mean of the probabilities of an answer's tokens.</source>
        <translation>答えの各トークンの確率の幾何平均です。</translation>
    </message>
    <message>
        <source>The whole answer's probability, as a geometric mean per character.</source>
        <translation>答え全体の確率を、1 文字あたりの幾何平均にした値です。</translation>
    </message>
    <message>
        <source>No answer is named: these are the most probable tokens after the first prompt.</source>
        <translation>答えの指定がないので、最初のプロンプトの後で最も確率の高いトークンを並べています。</translation>
    </message>
    <message>
        <source>Other ways to cut the same answer into tokens are not added.</source>
        <translation>同じ答えをほかの分け方でトークンにした場合の確率は、足していません。</translation>
    </message>
    <message>
        <source>*: the tokenizer would join the prompt's end with the answer; here it is cut between them.</source>
        <translation>*：トークナイザーならプロンプトの終わりと答えをつなげますが、ここでは境目で分けています。</translation>
    </message>
    <message>
        <source>the whole answer</source>
        <translation>答え全体</translation>
    </message>
    <message>
        <source>per token</source>
        <translation>トークンあたり</translation>
    </message>
    <message>
        <source>per character</source>
        <translation>文字あたり</translation>
    </message>
    <message>
        <source>a blank where needed</source>
        <translation>必要なら空白</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>何も入れない</translation>
    </message>
    <message>
        <source>Probability</source>
        <translation>確率</translation>
    </message>
    <message>
        <source>Longer answers have smaller products</source>
        <translation>長い答えほど、確率の積は小さくなります</translation>
    </message>
    <message>
        <source>Between</source>
        <translation>間に</translation>
    </message>
    <message>
        <source>What stands between prompt and answer</source>
        <translation>プロンプトと答えの間に入れるもの</translation>
    </message>
</context>
<context>
    <name>ReadingControls</name>
    <message>
        <source>Parts of speech ({count})</source>
        <translation>品詞 ({count})</translation>
    </message>
    <message>
        <source>By token</source>
        <translation>トークン単位</translation>
    </message>
    <message>
        <source>By morpheme</source>
        <translation>形態素単位</translation>
    </message>
    <message>
        <source>By word</source>
        <translation>単語単位</translation>
    </message>
    <message>
        <source>By character</source>
        <translation>文字単位</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>単位</translation>
    </message>
    <message>
        <source>Read attention by token, morpheme, word or character: sum over the key's pieces, mean over the query's pieces.</source>
        <translation>注意をトークン・形態素・単語・文字の単位で読みます。キー側は構成要素の和、クエリ側は平均です。</translation>
    </message>
    <message>
        <source>Hide sinks</source>
        <translation>シンクを隠す</translation>
    </message>
    <message>
        <source>Leave out what soaks up attention (the first token, special tokens such as [CLS] and [SEP], punctuation) and renormalise the rest.</source>
        <translation>注意を吸い込むもの(先頭のトークン、[CLS] や [SEP] などの特殊トークン、句読点)を除き、残りを正規化し直します。</translation>
    </message>
    <message>
        <source>Both sentences</source>
        <translation>両方の文</translation>
    </message>
    <message>
        <source>A looks at A</source>
        <translation>A → A</translation>
    </message>
    <message>
        <source>A looks at B</source>
        <translation>A → B</translation>
    </message>
    <message>
        <source>B looks at A</source>
        <translation>B → A</translation>
    </message>
    <message>
        <source>B looks at B</source>
        <translation>B → B</translation>
    </message>
    <message>
        <source>Sentences</source>
        <translation>文ペア</translation>
    </message>
    <message>
        <source>Show one quadrant of the pair. The weights stay as they are.</source>
        <translation>文ペアのうち 1 つの象限だけを表示します。重みはそのままです。</translation>
    </message>
    <message>
        <source>Dim everything but the chosen parts of speech.</source>
        <translation>選んだ品詞以外を薄くします。</translation>
    </message>
    <message>
        <source>Parts of speech</source>
        <translation>品詞</translation>
    </message>
    <message>
        <source>Dim nothing</source>
        <translation>薄くしない</translation>
    </message>
    <message>
        <source>Sum over the key's pieces, mean over the query's pieces.</source>
        <translation>キー側は構成要素の和、クエリ側は平均。</translation>
    </message>
    <message>
        <source>First token, special tokens and punctuation are hidden; rows are renormalised.</source>
        <translation>先頭のトークン・特殊トークン・句読点を隠し、行を正規化し直しています。</translation>
    </message>
    <message>
        <source>First token, special tokens and punctuation are hidden: {share} % of all attention. The rest of every row is renormalised.</source>
        <translation>先頭・特殊トークン・句読点(注意全体の {share} %)を隠し、残りを行ごとに正規化し直しています。</translation>
    </message>
    <message>
        <source>Rows with less than {least} % left, shown as empty: {count}.</source>
        <translation>残りが {least} % に満たず空にした行：{count}。</translation>
    </message>
    <message>
        <source>One quadrant of it, not renormalised again.</source>
        <translation>そのうち 1 つの象限のみで、改めて正規化はしていません。</translation>
    </message>
    <message>
        <source>One quadrant, not renormalised.</source>
        <translation>1 つの象限のみ(正規化し直していません)。</translation>
    </message>
</context>
<context>
    <name>Readout</name>
    <message>
        <source>Last: {text}</source>
        <translation>直前：{text}</translation>
    </message>
    <message>
        <source>Strongest: {text}</source>
        <translation>最大：{text}</translation>
    </message>
</context>
<context>
    <name>RotaryPanel</name>
    <message>
        <source>position {position}, pair {pair}: {angle} rad = {turns} turns and {rest} rad</source>
        <translation>位置 {position}、組 {pair}：{angle} rad = {turns} 回転と {rest} rad</translation>
    </message>
    <message>
        <source>Position</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>Pair of dimensions</source>
        <translation>次元の組</translation>
    </message>
    <message>
        <source>angle, rad</source>
        <translation>角度 (rad)</translation>
    </message>
    <message>
        <source>Distance (tokens)</source>
        <translation>距離(トークン)</translation>
    </message>
    <message>
        <source>similarity after turning</source>
        <translation>回転後の類似度</translation>
    </message>
    <message>
        <source>pair {pair}</source>
        <translation>組 {pair}</translation>
    </message>
    <message>
        <source>1 turn: {length} positions</source>
        <translation>1 回転：{length} 位置</translation>
    </message>
    <message>
        <source>Turned pairs of dimensions</source>
        <translation>回される次元の組</translation>
    </message>
    <message>
        <source>Each pair of dimensions of a query or key is turned by an angle that grows with its position; the number below is the count of positions for one whole turn. What two tokens see of each other is the difference of their angles.</source>
        <translation>クエリやキーの次元の組は、位置に比例する角度だけ回されます。下の数は 1 回転にかかる位置の数です。2 つのトークンの間では角度の差だけが効きます。</translation>
    </message>
</context>
<context>
    <name>SamplingControls</name>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>Divides the logits before the softmax: below 1 the favourites gain, above 1 all tokens come closer together; 0 always takes the first.</source>
        <translation>softmax の前にロジットを割る数です。1 より小さいと有力な候補がさらに強まり、大きいと全トークンの差が縮まります。0 では常に 1 位を選びます。</translation>
    </message>
    <message>
        <source>Only the k most probable tokens stay.</source>
        <translation>確率の高い k 個のトークンだけを残します。</translation>
    </message>
    <message>
        <source>Only the smallest set of tokens stays whose probabilities sum to p, the most probable first.</source>
        <translation>確率の高い順に足して合計が p に達するまでの、最小のトークンの集合だけを残します。</translation>
    </message>
    <message>
        <source>off</source>
        <translation>なし</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>リセット</translation>
    </message>
    <message>
        <source>Temperature 1 and no filter: the model's own probabilities</source>
        <translation>温度 1、フィルターなし：モデル本来の確率</translation>
    </message>
</context>
<context>
    <name>SaveDialog</name>
    <message>
        <source>ACL, one column</source>
        <translation>ACL(1 段)</translation>
    </message>
    <message>
        <source>ACL, two columns</source>
        <translation>ACL(2 段)</translation>
    </message>
    <message>
        <source>NeurIPS, ICLR</source>
        <translation>NeurIPS、ICLR</translation>
    </message>
    <message>
        <source>IEEE, one column</source>
        <translation>IEEE(1 段)</translation>
    </message>
    <message>
        <source>IEEE, two columns</source>
        <translation>IEEE(2 段)</translation>
    </message>
    <message>
        <source>ICML, one column</source>
        <translation>ICML(1 段)</translation>
    </message>
    <message>
        <source>ICML, two columns</source>
        <translation>ICML(2 段)</translation>
    </message>
    <message>
        <source>Springer LNCS</source>
        <translation>Springer LNCS</translation>
    </message>
    <message>
        <source>Slide, 16:9</source>
        <translation>スライド 16:9</translation>
    </message>
    <message>
        <source>Save the picture</source>
        <translation>図を保存</translation>
    </message>
    <message>
        <source>Own size</source>
        <translation>自由な大きさ</translation>
    </message>
    <message>
        <source>as needed</source>
        <translation>必要な高さ</translation>
    </message>
    <message>
        <source>Blue, as on screen</source>
        <translation>青(画面と同じ)</translation>
    </message>
    <message>
        <source>Grey</source>
        <translation>灰色</translation>
    </message>
    <message>
        <source>Of numbers from zero up; those with a sign keep blue and red.</source>
        <translation>0 以上の数の色です。正負のある数は青と赤のままです。</translation>
    </message>
    <message>
        <source>White</source>
        <translation>白</translation>
    </message>
    <message>
        <source>Transparent</source>
        <translation>透明</translation>
    </message>
    <message>
        <source>As on screen</source>
        <translation>画面と同じ</translation>
    </message>
    <message>
        <source>Rectangles, up to 256 × 256</source>
        <translation>四角形(256 × 256 まで)</translation>
    </message>
    <message>
        <source>One image, not smoothed</source>
        <translation>1 枚の画像(補間なし)</translation>
    </message>
    <message>
        <source>Caption</source>
        <translation>図の説明</translation>
    </message>
    <message>
        <source>Choose a place</source>
        <translation>場所を選ぶ</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>形式</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大きさ</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>幅</translation>
    </message>
    <message>
        <source>Height</source>
        <translation>高さ</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>文字</translation>
    </message>
    <message>
        <source>Resolution</source>
        <translation>解像度</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>色</translation>
    </message>
    <message>
        <source>Background</source>
        <translation>背景</translation>
    </message>
    <message>
        <source>Matrices</source>
        <translation>行列</translation>
    </message>
    <message>
        <source>File</source>
        <translation>ファイル</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>キャンセル</translation>
    </message>
    <message>
        <source>Copy the command</source>
        <translation>コマンドをコピー</translation>
    </message>
    <message>
        <source>The command line that draws this picture again</source>
        <translation>この図をもう一度描くコマンドです</translation>
    </message>
    <message>
        <source>Replace the file</source>
        <translation>上書き保存</translation>
    </message>
    <message>
        <source>There are no numbers yet.</source>
        <translation>数値はまだありません。</translation>
    </message>
    <message>
        <source>What was done to the model besides switching off is not in it.</source>
        <translation>無効化のほかにモデルに加えた変更は含まれません。</translation>
    </message>
    <message>
        <source>The dimmed parts of speech are not in it.</source>
        <translation>薄くした品詞は含まれません。</translation>
    </message>
    <message>
        <source>The command is in the clipboard.</source>
        <translation>コマンドをクリップボードに入れました。</translation>
    </message>
</context>
<context>
    <name>SavedBadge</name>
    <message>
        <source>saved trace</source>
        <translation>保存されたトレース</translation>
    </message>
</context>
<context>
    <name>ScoreModel</name>
    <message>
        <source>all {count} tokens together {share}, ln p = {log}</source>
        <translation>{count} トークン合わせて {share}、ln p = {log}</translation>
    </message>
    <message>
        <source>* cut from the prompt where the tokenizer would join them</source>
        <translation>* トークナイザーならつなげるところを、プロンプトとの境目で分けています</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>プロンプト</translation>
    </message>
    <message>
        <source>Most probable next token</source>
        <translation>最も確率の高い次のトークン</translation>
    </message>
</context>
<context>
    <name>Selectors</name>
    <message>
        <source>Layer</source>
        <translation>層</translation>
    </message>
    <message>
        <source>Previous layer (Down)</source>
        <translation>前の層(↓)</translation>
    </message>
    <message>
        <source>Next layer (Up)</source>
        <translation>次の層(↑)</translation>
    </message>
    <message>
        <source>Layer, from 0</source>
        <translation>層の番号(0 から)</translation>
    </message>
    <message>
        <source>Head</source>
        <translation>ヘッド</translation>
    </message>
    <message>
        <source>Previous head (Left)</source>
        <translation>前のヘッド(←)</translation>
    </message>
    <message>
        <source>Next head (Right)</source>
        <translation>次のヘッド(→)</translation>
    </message>
    <message>
        <source>Head, from 0</source>
        <translation>ヘッドの番号(0 から)</translation>
    </message>
    <message>
        <source>Kind of attention</source>
        <translation>注意の種類</translation>
    </message>
    <message>
        <source>Which attention of an encoder-decoder model is shown (K)</source>
        <translation>エンコーダー・デコーダーモデルのどの注意を表示するか(K)</translation>
    </message>
</context>
<context>
    <name>ShareBars</name>
    <message>
        <source>Token</source>
        <translation>トークン</translation>
    </message>
</context>
<context>
    <name>SimilarHeadsView</name>
    <message>
        <source>Two heads are alike when every token divides its attention alike in both. The distance is the square root of the Jensen-Shannon divergence: 0 is the same, 1 has no key in common. On the map near points are alike; it has no axes.</source>
        <translation>どのトークンも同じように注意を配分していれば、2 つのヘッドは似ています。距離はイェンセン・シャノン・ダイバージェンスの平方根で、0 なら同じ、1 なら共通に見るキーがありません。地図では近い点ほど似ています。軸に意味はありません。</translation>
    </message>
    <message>
        <source>The heads are being compared…</source>
        <translation>ヘッドを比べています…</translation>
    </message>
    <message>
        <source>chosen</source>
        <translation>選択中</translation>
    </message>
    <message>
        <source>Layer {layer}, head {head}</source>
        <translation>層 {layer}・ヘッド {head}</translation>
    </message>
    <message>
        <source>This model has only one head.</source>
        <translation>このモデルのヘッドは 1 つだけです。</translation>
    </message>
    <message>
        <source>Distances between heads, the nearest first; every token of the text is compared.</source>
        <translation>数値はヘッド間の距離(近い順)。文のすべてのトークンで比べています。</translation>
    </message>
    <message>
        <source>Distances between heads, the nearest first; every row is compared.</source>
        <translation>数値はヘッド間の距離(近い順)。すべての行で比べています。</translation>
    </message>
    <message>
        <source>Distances between heads, the nearest first; compared at {some} of {all} tokens, evenly spread.</source>
        <translation>数値はヘッド間の距離(近い順)。{all} トークンのうち、等間隔に選んだ {some} トークンで比べています。</translation>
    </message>
    <message>
        <source>Distances between heads, the nearest first; compared at {some} of {all} rows, evenly spread.</source>
        <translation>数値はヘッド間の距離(近い順)。{all} 行のうち、等間隔に選んだ {some} 行で比べています。</translation>
    </message>
    <message>
        <source>Layer {layer}, head {head}: distance {distance} from the chosen one</source>
        <translation>層 {layer}・ヘッド {head}：選択中のヘッドからの距離 {distance}</translation>
    </message>
    <message>
        <source>Map of all heads</source>
        <translation>すべてのヘッドの地図</translation>
    </message>
</context>
<context>
    <name>SpanModel</name>
    <message>
        <source>the rest</source>
        <translation>残り</translation>
    </message>
    <message>
        <source>Span</source>
        <translation>区間</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>注意</translation>
    </message>
    <message>
        <source>Weighted</source>
        <translation>運ばれる量</translation>
    </message>
    <message>
        <source>p without</source>
        <translation>なしの確率</translation>
    </message>
    <message>
        <source>Δ ln p</source>
        <translation>Δ ln p</translation>
    </message>
    <message>
        <source>The sum of the attention weights over the span's tokens.</source>
        <translation>区間のトークンへの注意の重みの合計です。</translation>
    </message>
    <message>
        <source>Each weight times the length of what it carries: |weight × value × W_O|, as a share of all.</source>
        <translation>重みに、運ばれるベクトルの長さを掛けた値 |重み × バリュー × W_O| の割合です。</translation>
    </message>
    <message>
        <source>Probability of the answer's token when no token may look at the span, in a real pass.</source>
        <translation>どのトークンからもこの区間が見えないようにして実際に動かしたときの、答えのトークンの確率です。</translation>
    </message>
    <message>
        <source>Change of its log probability (natural) without the span.</source>
        <translation>この区間をなくしたときの、対数確率(自然対数)の変化です。</translation>
    </message>
</context>
<context>
    <name>SpansView</name>
    <message>
        <source>Drag over tokens to mark a span. The bars say what share of its attention the chosen position spends on each span, and the last columns what the answer loses when nobody can look at it.</source>
        <translation>トークンの上をドラッグして区間に印をつけます。棒は、選んだ位置が注意をどの区間にどれだけ向けるかを、最後の列は、その区間を見えなくすると答えがどう変わるかを示します。</translation>
    </message>
    <message>
        <source>This model predicts no token: there is no answer that could look at the text.</source>
        <translation>このモデルはトークンを予測しないため、テキストを見る答えがありません。</translation>
    </message>
    <message>
        <source>position {position}</source>
        <translation>位置 {position}</translation>
    </message>
    <message>
        <source>the rest</source>
        <translation>残り</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>層</translation>
    </message>
    <message>
        <source>Span (mean over heads)</source>
        <translation>区間(ヘッドの平均)</translation>
    </message>
    <message>
        <source>attention</source>
        <translation>注意</translation>
    </message>
    <message>
        <source>weighted by what is carried</source>
        <translation>運ばれる量</translation>
    </message>
    <message>
        <source>“{token}” has {share} here.</source>
        <translation>ここでの「{token}」の確率は {share} です。</translation>
    </message>
    <message>
        <source>Nothing is marked yet: these are the text's own parts.</source>
        <translation>まだ印がないので、テキストを自動で区切っています。</translation>
    </message>
    <message>
        <source>Much attention is not much effect: only the last columns are an experiment.</source>
        <translation>注意が多くても影響が大きいとは限りません。実験で確かめたのは最後の 2 列だけです。</translation>
    </message>
    <message>
        <source>Instruction</source>
        <translation>指示</translation>
    </message>
    <message>
        <source>Example</source>
        <translation>例</translation>
    </message>
    <message>
        <source>Passage</source>
        <translation>文章</translation>
    </message>
    <message>
        <source>Question</source>
        <translation>質問</translation>
    </message>
    <message>
        <source>Remove the mark</source>
        <translation>印を消す</translation>
    </message>
    <message>
        <source>all heads</source>
        <translation>すべてのヘッド</translation>
    </message>
    <message>
        <source>the chosen layer</source>
        <translation>選んだ層</translation>
    </message>
    <message>
        <source>the chosen head</source>
        <translation>選んだヘッド</translation>
    </message>
    <message>
        <source>Map</source>
        <translation>図</translation>
    </message>
    <message>
        <source>What the colours show</source>
        <translation>色が表すもの</translation>
    </message>
    <message>
        <source>Which heads the bars are the mean of</source>
        <translation>どのヘッドの平均を棒にするか</translation>
    </message>
    <message>
        <source>Bars</source>
        <translation>棒</translation>
    </message>
    <message>
        <source>Remove all marks</source>
        <translation>印をすべて消す</translation>
    </message>
    <message>
        <source>Tokens: drag, or hold Shift with the arrows, and press Enter</source>
        <translation>トークン：ドラッグするか、Shift と矢印キーで選んで Enter を押します</translation>
    </message>
    <message>
        <source>Shares by layer</source>
        <translation>層ごとの割合</translation>
    </message>
</context>
<context>
    <name>Stages</name>
    <message>
        <source>put here because something was switched off or changed</source>
        <translation>無効にしたか変えたところなので、置き換えた値です</translation>
    </message>
    <message>
        <source>a file holds neither X nor W: load the model to see the sum</source>
        <translation>ファイルには X も W も入っていません。モデルを読み込むと和の内訳が出ます</translation>
    </message>
    <message>
        <source>this model does more here than one matrix product</source>
        <translation>このモデルはここで行列の積のほかにも計算をします</translation>
    </message>
    <message>
        <source>X is not known: the model could not read this text again</source>
        <translation>この文でモデルを再実行できなかったため、X は分かりません</translation>
    </message>
    <message>
        <source>which dimensions are turned together is not known</source>
        <translation>どの次元どうしを回転させているか分かりません</translation>
    </message>
    <message>
        <source>this dimension is not turned</source>
        <translation>この次元は回転しません</translation>
    </message>
    <message>
        <source>“{query}” → “{key}”:  {formula}</source>
        <translation>「{query}」→「{key}」：{formula}</translation>
    </message>
    <message>
        <source>“{token}”, head {head}, dimension {index}:  {formula}</source>
        <translation>「{token}」 ヘッド {head}、次元 {index}：{formula}</translation>
    </message>
    <message>
        <source>“{token}”, dimension {index}:  {formula}</source>
        <translation>「{token}」 次元 {index}：{formula}</translation>
    </message>
    <message>
        <source>masked: exp(−∞) = 0</source>
        <translation>マスク済み：exp(−∞) = 0</translation>
    </message>
    <message>
        <source>{score}, may be looked at</source>
        <translation>{score}(見てよい)</translation>
    </message>
    <message>
        <source>({count} terms)</source>
        <translation>({count} 項)</translation>
    </message>
    <message>
        <source>bias {bias}</source>
        <translation>バイアス {bias}</translation>
    </message>
    <message>
        <source>the sink takes {share}</source>
        <translation>シンクの取り分 {share}</translation>
    </message>
    <message>
        <source>head {head}: {share}</source>
        <translation>ヘッド {head}：{share}</translation>
    </message>
    <message>
        <source>bias: {bias}</source>
        <translation>バイアス：{bias}</translation>
    </message>
    <message>
        <source>These are the weights that the model handed out itself.</source>
        <translation>モデル自身が出力した重みです。</translation>
    </message>
    <message>
        <source>Checked: the softmax shown differs from the model's own by at most {here} in this head, {worst} in all heads.</source>
        <translation>検算：表示中の softmax とモデル自身の値との差は、このヘッドで最大 {here}、全ヘッドで最大 {worst}。</translation>
    </message>
    <message>
        <source>The softmax could not be checked against the model's own: {reason}</source>
        <translation>softmax をモデル自身の値と照合できませんでした：{reason}</translation>
    </message>
    <message>
        <source>The softmax cannot be checked against the model's own while parts of the model are changed.</source>
        <translation>モデルの一部を変えている間は、ソフトマックスをモデル自身の値と照合できません。</translation>
    </message>
    <message>
        <source>Checked: attention outputs recomputed from these steps differ by at most {difference}.</source>
        <translation>検算：この手順で計算し直した注意の出力とモデルの出力との差は最大 {difference}。</translation>
    </message>
    <message>
        <source>The pass that hands out the weights and the model's ordinary one differ by at most {difference} in their final states.</source>
        <translation>重みを出力させた実行と通常の実行とで、最終状態の差は最大 {difference}。</translation>
    </message>
    <message>
        <source>What each token asks for, before its position is put in.</source>
        <translation>各トークンが求めるもの(位置を加える前)。</translation>
    </message>
    <message>
        <source>What each token asks for.</source>
        <translation>各トークンが求めるもの。</translation>
    </message>
    <message>
        <source>What each token offers, before its position is put in.</source>
        <translation>各トークンが差し出すもの(位置を加える前)。</translation>
    </message>
    <message>
        <source>What each token offers.</source>
        <translation>各トークンが差し出すもの。</translation>
    </message>
    <message>
        <source>How well each question meets each offer: dot products of queries and keys.</source>
        <translation>求めるものと差し出すものがどれだけ合うか。クエリとキーの内積です。</translation>
    </message>
    <message>
        <source>Scaled, so that the softmax does not saturate when there are many dimensions.</source>
        <translation>次元が多くても softmax が飽和しないように縮めます。</translation>
    </message>
    <message>
        <source>Soft-capped: no score can grow beyond the cap.</source>
        <translation>ソフトキャップ：スコアは上限を超えません。</translation>
    </message>
    <message>
        <source>The model's position bias is added.</source>
        <translation>モデルの位置バイアスを足します。</translation>
    </message>
    <message>
        <source>Hatched cells may not be looked at: their score becomes minus infinity.</source>
        <translation>斜線のマスは見てはいけません。スコアは −∞ になります。</translation>
    </message>
    <message>
        <source>The softmax turns each row into weights that sum to 1.</source>
        <translation>softmax が各行を、合計 1 の重みに変えます。</translation>
    </message>
    <message>
        <source>What each token hands over to those that look at it.</source>
        <translation>各トークンが、見に来たトークンに渡すもの。</translation>
    </message>
    <message>
        <source>Each token collects the values of what it looks at, by weight.</source>
        <translation>各トークンが、見た先の値を重みに応じて集めます。</translation>
    </message>
    <message>
        <source>The outputs of all heads of the layer, side by side.</source>
        <translation>この層の全ヘッドの出力を横に並べたもの。</translation>
    </message>
    <message>
        <source>What this head alone writes into the residual stream, through its part of W_O.</source>
        <translation>このヘッドだけが、W_O の自分の部分を通して残差ストリームに書き込むもの。</translation>
    </message>
    <message>
        <source>What all heads together write into the residual stream.</source>
        <translation>全ヘッドが合わせて残差ストリームに書き込むもの。</translation>
    </message>
    <message>
        <source>Turned by the token's position: rotary position encoding.</source>
        <translation>トークンの位置に応じて回転させたもの(回転位置埋め込み、RoPE)。</translation>
    </message>
    <message>
        <source>Nothing is left to scale: this model has scaled Q already.</source>
        <translation>ここでのスケールはありません。このモデルは Q を先にスケールしています。</translation>
    </message>
    <message>
        <source>This model does not scale its scores.</source>
        <translation>このモデルはスコアをスケールしません。</translation>
    </message>
    <message>
        <source>Nothing is scaled between the dot product and the softmax.</source>
        <translation>内積から softmax までの間にスケールはありません。</translation>
    </message>
    <message>
        <source>The softmax also counts the head's sink s, which belongs to no token: the weights of a row sum to less than 1.</source>
        <translation>softmax には、どのトークンのものでもないヘッドのシンク s も加わります。そのため各行の重みの和は 1 より小さくなります。</translation>
    </message>
    <message>
        <source>Something else was put here in this run, so what stood before it is not what was used.</source>
        <translation>この実行ではここが別の値に置き換えられたため、その前の値は使われていません。</translation>
    </message>
    <message>
        <source>This architecture hands out its attention weights only; the steps before them stay inside the model.</source>
        <translation>この構造のモデルは注意の重みしか外に出しません。その前の手順はモデルの中にあり、表示できません。</translation>
    </message>
    <message>
        <source>This trace comes from a file, and a file does not hold the output projection W_O. Load the model.</source>
        <translation>これはファイルから開いたトレースで、出力射影 W_O は含まれていません。モデルを読み込んでください。</translation>
    </message>
    <message>
        <source>Which dimensions this model turns together could not be found, so nothing is claimed about them.</source>
        <translation>このモデルがどの次元を組にして回転させるかを特定できなかったため、表示しません。</translation>
    </message>
    <message>
        <source>This model does something between its heads and the output projection, so no head's part is known.</source>
        <translation>このモデルはヘッドと出力射影の間に別の計算を挟むため、ヘッドごとの寄与は分かりません。</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>Stop (Ctrl+.)</source>
        <translation>止める(Ctrl+.)</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>止める</translation>
    </message>
    <message>
        <source>{count} tokens cut off</source>
        <translation>{count} トークンを省略</translation>
    </message>
    <message>
        <source>The model reads at most {maximum} tokens; the end of the text was left out.</source>
        <translation>このモデルが読めるのは {maximum} トークンまでです。文の末尾を省きました。</translation>
    </message>
    <message>
        <source>{read} + {written} tokens</source>
        <translation>{read} + {written} トークン</translation>
    </message>
    <message>
        <source>{count} tokens</source>
        <translation>{count} トークン</translation>
    </message>
    <message>
        <source>saved trace</source>
        <translation>保存されたトレース</translation>
    </message>
    <message>
        <source>attention given out by the model (eager)</source>
        <translation>注意：モデルの出力そのもの(eager)</translation>
    </message>
    <message>
        <source>attention from the model's queries and keys</source>
        <translation>注意：モデルのクエリとキーから計算</translation>
    </message>
    <message>
        <source>checked against the model: {difference}</source>
        <translation>モデルとの差：{difference}</translation>
    </message>
</context>
<context>
    <name>StepBar</name>
    <message>
        <source>Step back  [  or Alt+Left</source>
        <translation>前の手順  [  または Alt+←</translation>
    </message>
    <message>
        <source>Next step  ]  or Alt+Right</source>
        <translation>次の手順  ]  または Alt+→</translation>
    </message>
    <message>
        <source>Step back</source>
        <translation>前の手順</translation>
    </message>
    <message>
        <source>Next step</source>
        <translation>次の手順</translation>
    </message>
</context>
<context>
    <name>StepLane</name>
    <message>
        <source>Token</source>
        <translation>トークン</translation>
    </message>
    <message>
        <source>Probability</source>
        <translation>確率</translation>
    </message>
    <message>
        <source>Rank</source>
        <translation>順位</translation>
    </message>
    <message>
        <source>Entropy</source>
        <translation>エントロピー</translation>
    </message>
</context>
<context>
    <name>Stepper</name>
    <message>
        <source>{first} to {last}</source>
        <translation>{first} から {last} まで</translation>
    </message>
    <message>
        <source>There is no {name} {number}: there are {there}.</source>
        <translation>{name} {number} はありません。あるのは {there} です。</translation>
    </message>
</context>
<context>
    <name>SurprisalView</name>
    <message>
        <source>The stronger the colour, and the higher the bar below, the less the model expected the token: surprisal is −log2 of its probability. Click a token to see all that was expected in its place.</source>
        <translation>色が濃く、下の棒が高いほど、モデルにとって予想外のトークンです。サプライザルは、その確率の −log2 です。トークンをクリックすると、その場所で何が予想されていたかがすべて見られます。</translation>
    </message>
    <message>
        <source>This model has no language-model head: it expects no token, so that none can surprise it.</source>
        <translation>このモデルには言語モデルの出力層がありません。トークンを予測しないので、予想外ということもありません。</translation>
    </message>
    <message>
        <source>Entropy (bits)</source>
        <translation>エントロピー(ビット)</translation>
    </message>
    <message>
        <source>Surprisal (bits)</source>
        <translation>サプライザル(ビット)</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>テキスト</translation>
    </message>
    <message>
        <source>Rank</source>
        <translation>順位</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>中止</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>続ける</translation>
    </message>
    <message>
        <source>Most surprising: “{token}”, {bits} bits</source>
        <translation>最も予想外：「{token}」{bits} ビット</translation>
    </message>
    <message>
        <source>By</source>
        <translation>単位</translation>
    </message>
    <message>
        <source>token</source>
        <translation>トークン</translation>
    </message>
    <message>
        <source>morpheme</source>
        <translation>形態素</translation>
    </message>
    <message>
        <source>word</source>
        <translation>単語</translation>
    </message>
    <message>
        <source>What the surprisal is summed over</source>
        <translation>サプライザルを何ごとに合計するか</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>色</translation>
    </message>
    <message>
        <source>surprisal</source>
        <translation>サプライザル</translation>
    </message>
    <message>
        <source>entropy</source>
        <translation>エントロピー</translation>
    </message>
    <message>
        <source>Surprisal: how little the token was expected. Entropy: how unsure the model was before it.</source>
        <translation>サプライザルは、そのトークンがどれだけ予想外だったか。エントロピーは、その前でモデルがどれだけ迷っていたか。</translation>
    </message>
    <message>
        <source>{done} of {all} tokens</source>
        <translation>{all} トークン中 {done}</translation>
    </message>
    <message>
        <source>No token of this text is predicted.</source>
        <translation>このテキストには、予測されるトークンがありません。</translation>
    </message>
    <message>
        <source>Perplexity {value}</source>
        <translation>パープレキシティー {value}</translation>
    </message>
    <message>
        <source>Pseudo-perplexity {value}</source>
        <translation>擬似パープレキシティー {value}</translation>
    </message>
    <message>
        <source>{value} bits per character</source>
        <translation>1 文字あたり {value} ビット</translation>
    </message>
    <message>
        <source>{bits} bits in {count} tokens</source>
        <translation>{count} トークンで {bits} ビット</translation>
    </message>
    <message>
        <source>Pseudo-log-likelihood: each token alone is blanked, and the model asked for it (Salazar et al. 2020). It is not the probability of the text.</source>
        <translation>擬似対数尤度：トークンを 1 つずつ空欄にして、モデルに当てさせた値です(Salazar et al. 2020)。文の確率ではありません。</translation>
    </message>
    <message>
        <source>The decoder's side; nothing predicts its start token.</source>
        <translation>出力側の文です。開始トークンを予測するものはありません。</translation>
    </message>
    <message>
        <source>Nothing predicts the first token: it has no colour and is not counted.</source>
        <translation>最初のトークンを予測するものはないので、色をつけず、数にも入れません。</translation>
    </message>
    <message>
        <source>Sum over the tokens of a morpheme.</source>
        <translation>形態素ごとに、そのトークンの値を合計しています。</translation>
    </message>
    <message>
        <source>Sum over the tokens of a word.</source>
        <translation>単語ごとに、そのトークンの値を合計しています。</translation>
    </message>
    <message>
        <source>The entropy before the first token of each.</source>
        <translation>それぞれの最初のトークンの前でのエントロピーです。</translation>
    </message>
    <message>
        <source>“{token}”: not predicted</source>
        <translation>「{token}」：予測されません</translation>
    </message>
    <message>
        <source>“{token}”: not measured yet</source>
        <translation>「{token}」：まだ計算していません</translation>
    </message>
    <message>
        <source>“{token}”: {bits} bits ({chance}), rank {rank}, entropy {entropy} bits</source>
        <translation>「{token}」：{bits} ビット({chance})、{rank} 位、エントロピー {entropy} ビット</translation>
    </message>
    <message>
        <source>“{token}”: {bits} bits in {count} tokens, entropy before it {entropy} bits</source>
        <translation>「{token}」：{count} トークンで {bits} ビット、その前のエントロピー {entropy} ビット</translation>
    </message>
</context>
<context>
    <name>TextsPopup</name>
    <message>
        <source>Find a text</source>
        <translation>文を探す</translation>
    </message>
    <message>
        <source>Texts, the newest first</source>
        <translation>文(新しい順)</translation>
    </message>
    <message>
        <source>Clear the history</source>
        <translation>履歴を消す</translation>
    </message>
    <message>
        <source>Forget all texts. Delete forgets the marked one.</source>
        <translation>すべての文を履歴から消します。Delete キーは選んだ文だけを消します。</translation>
    </message>
    <message>
        <source>No text yet</source>
        <translation>まだ文がありません</translation>
    </message>
</context>
<context>
    <name>TokenCanvas</name>
    <message>
        <source>Input</source>
        <translation>入力</translation>
    </message>
    <message>
        <source>Output</source>
        <translation>出力</translation>
    </message>
    <message>
        <source>{text} · id {id}</source>
        <translation>{text} · ID {id}</translation>
    </message>
    <message>
        <source>In the vocabulary: {piece}</source>
        <translation>語彙での表記：{piece}</translation>
    </message>
    <message>
        <source>Special token</source>
        <translation>特殊トークン</translation>
    </message>
    <message>
        <source>Characters {first} to {last}</source>
        <translation>{first} 文字目から {last} 文字目</translation>
    </message>
    <message>
        <source>Reading: {reading}</source>
        <translation>読み：{reading}</translation>
    </message>
    <message>
        <source>Base form: {base}</source>
        <translation>基本形：{base}</translation>
    </message>
</context>
<context>
    <name>TokenMarks</name>
    <message>
        <source>Another token stands here in the other text</source>
        <translation>もう一方の文では、ここが別のトークンです</translation>
    </message>
    <message>
        <source>Only in this text</source>
        <translation>この文にだけあります</translation>
    </message>
    <message>
        <source>The same tokens</source>
        <translation>トークンは同じです</translation>
    </message>
    <message>
        <source>replaced: {count}</source>
        <translation>置き換え：{count}</translation>
    </message>
    <message>
        <source>only here: {count}</source>
        <translation>この文だけ：{count}</translation>
    </message>
</context>
<context>
    <name>TokenMenu</name>
    <message>
        <source>Token</source>
        <translation>トークン</translation>
    </message>
    <message>
        <source>Id</source>
        <translation>ID</translation>
    </message>
    <message>
        <source>Position</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>Unlock “{token}”</source>
        <translation>「{token}」の固定を解く</translation>
    </message>
    <message>
        <source>Lock “{token}”</source>
        <translation>「{token}」を固定</translation>
    </message>
</context>
<context>
    <name>TokenStrip</name>
    <message>
        <source>Tokens</source>
        <translation>トークン</translation>
    </message>
</context>
<context>
    <name>TopBar</name>
    <message>
        <source>Device and number type</source>
        <translation>デバイスと数値の型</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>モデルを選ぶ</translation>
    </message>
    <message>
        <source>About this model</source>
        <translation>このモデルについて</translation>
    </message>
    <message>
        <source>Examples</source>
        <translation>例</translation>
    </message>
    <message>
        <source>Change the language</source>
        <translation>言語を切り替える</translation>
    </message>
    <message>
        <source>Light or dark</source>
        <translation>ライト / ダーク</translation>
    </message>
    <message>
        <source>All commands and keys</source>
        <translation>すべてのコマンドとキー</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>モデル</translation>
    </message>
</context>
<context>
    <name>TraceQuestion</name>
    <message>
        <source>This is a saved trace of “{model}”. Your change has not been run yet.</source>
        <translation>表示中の図は「{model}」の保存されたトレースです。変更した内容はまだ実行していません。</translation>
    </message>
    <message>
        <source>Run “{model}”</source>
        <translation>「{model}」で実行</translation>
    </message>
    <message>
        <source>The loaded model runs what was typed (Enter): {source}</source>
        <translation>読み込み済みのモデルで、入力した文を実行します(Enter)：{source}</translation>
    </message>
    <message>
        <source>Load “{model}” and run it</source>
        <translation>「{model}」を読み込んで実行</translation>
    </message>
    <message>
        <source>The model that made the trace: {source}</source>
        <translation>トレースを作ったモデル：{source}</translation>
    </message>
    <message>
        <source>Choose a model…</source>
        <translation>モデルを選ぶ…</translation>
    </message>
    <message>
        <source>Keep the trace</source>
        <translation>トレースのまま</translation>
    </message>
    <message>
        <source>What was typed stays in the history of texts (Esc)</source>
        <translation>入力した文は履歴に残ります(Esc)</translation>
    </message>
</context>
<context>
    <name>View</name>
    <message>
        <source>encoder</source>
        <translation>エンコーダー</translation>
    </message>
    <message>
        <source>decoder</source>
        <translation>デコーダー</translation>
    </message>
    <message>
        <source>cross-attention</source>
        <translation>交差注意</translation>
    </message>
    <message>
        <source>layer {layer} · head {head}</source>
        <translation>層 {layer} · ヘッド {head}</translation>
    </message>
    <message>
        <source>self-attention</source>
        <translation>自己注意</translation>
    </message>
</context>
<context>
    <name>ViewTabs</name>
    <message>
        <source>More</source>
        <translation>ほか</translation>
    </message>
    <message>
        <source>More views of this group</source>
        <translation>このグループのほかのビュー</translation>
    </message>
</context>
<context>
    <name>Views</name>
    <message>
        <source>Text</source>
        <translation>テキスト</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>注意</translation>
    </message>
    <message>
        <source>Heads</source>
        <translation>ヘッド</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>層</translation>
    </message>
    <message>
        <source>Laboratory</source>
        <translation>実験室</translation>
    </message>
    <message>
        <source>Next token</source>
        <translation>次のトークン</translation>
    </message>
    <message>
        <source>Fill the blank</source>
        <translation>穴埋め</translation>
    </message>
    <message>
        <source>Surprisal</source>
        <translation>サプライザル</translation>
    </message>
    <message>
        <source>Generation</source>
        <translation>文章生成</translation>
    </message>
    <message>
        <source>Several blanks</source>
        <translation>複数の空欄</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>クラス</translation>
    </message>
    <message>
        <source>Answer in a passage</source>
        <translation>文章中の答え</translation>
    </message>
    <message>
        <source>Attention map</source>
        <translation>注意マップ</translation>
    </message>
    <message>
        <source>Attention lines</source>
        <translation>注意の線</translation>
    </message>
    <message>
        <source>Attention step by step</source>
        <translation>注意の計算手順</translation>
    </message>
    <message>
        <source>All heads</source>
        <translation>すべてのヘッド</translation>
    </message>
    <message>
        <source>Head statistics</source>
        <translation>ヘッドの統計</translation>
    </message>
    <message>
        <source>Importance of heads</source>
        <translation>ヘッドの重要度</translation>
    </message>
    <message>
        <source>Similar heads</source>
        <translation>似たヘッド</translation>
    </message>
    <message>
        <source>Attention through all layers</source>
        <translation>全層を通した注意</translation>
    </message>
    <message>
        <source>Feed-forward neurons</source>
        <translation>フィードフォワードのニューロン</translation>
    </message>
    <message>
        <source>Logit lens</source>
        <translation>ロジットレンズ</translation>
    </message>
    <message>
        <source>Who said it</source>
        <translation>ロジットの内訳</translation>
    </message>
    <message>
        <source>Map of the model</source>
        <translation>モデルの地図</translation>
    </message>
    <message>
        <source>Positions</source>
        <translation>位置エンコーディング</translation>
    </message>
    <message>
        <source>Prompts side by side</source>
        <translation>プロンプトの比較</translation>
    </message>
    <message>
        <source>Budget of attention</source>
        <translation>注意の配分</translation>
    </message>
</context>
<context>
    <name>WholeModelAttentionView</name>
    <message>
        <source>Each column says how much a position draws on each token. One layer: the mean of its heads. Rollout multiplies all layers, half of each staying in place; flow is the most that the layers let through from a token. Gradient × input is how much the prediction would change with a token: to the right it speaks for the prediction, to the left against it.</source>
        <translation>各列は、その位置がどのトークンからどれだけ情報を得るかを表します。1 つの層：その層のヘッドの平均。ロールアウト：各層で半分をその場に残しながら、すべての層を掛け合わせたもの。フロー：そのトークンから全層を通して流せる最大の量。勾配×入力：そのトークンによって予測がどれだけ変わるか。右は予測を後押しし、左は妨げます。</translation>
    </message>
    <message>
        <source>position {position}</source>
        <translation>位置 {position}</translation>
    </message>
    <message>
        <source>Prediction</source>
        <translation>予測</translation>
    </message>
    <message>
        <source>The candidate whose gradient is taken: first the model's choice</source>
        <translation>勾配を求める候補。最初はモデルの第 1 候補です</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>原文</translation>
    </message>
    <message>
        <source>Written so far</source>
        <translation>ここまでの訳文</translation>
    </message>
    <message>
        <source>Layer {layer}, mean of heads</source>
        <translation>層 {layer} のヘッド平均</translation>
    </message>
    <message>
        <source>Rollout</source>
        <translation>ロールアウト</translation>
    </message>
    <message>
        <source>Flow</source>
        <translation>フロー</translation>
    </message>
    <message>
        <source>Gradient × input</source>
        <translation>勾配×入力</translation>
    </message>
    <message>
        <source>Being computed…</source>
        <translation>計算中…</translation>
    </message>
    <message>
        <source>The encoder alone: layer and rollout sum to 1 over the source. Gradient × input is what the prediction takes from this place of the encoder.</source>
        <translation>エンコーダーだけを見ています。層とロールアウトは原文全体の和が 1 です。勾配×入力は、予測がエンコーダーのこの位置から受け取るものです。</translation>
    </message>
    <message>
        <source>One layer sums to 1 over the source (cross-attention) and again over what is written (decoder); rollout sums to 1 over both together.</source>
        <translation>層の列は、原文の側(交差注意)の和も、訳文の側(デコーダー)の和もそれぞれ 1 です。ロールアウトは両方を合わせて 1 です。</translation>
    </message>
    <message>
        <source>Only {count} of {all} layers have attention: the others mix tokens too, in ways that rollout and flow do not see.</source>
        <translation>注意があるのは {all} 層のうち {count} 層だけです。残りの層もトークンを混ぜますが、ロールアウトとフローには表れません。</translation>
    </message>
    <message>
        <source>In {count} layers a state space mixes tokens beside attention; rollout and flow do not see that.</source>
        <translation>{count} 層では、注意と並んで状態空間モデルもトークンを混ぜますが、ロールアウトとフローには表れません。</translation>
    </message>
    <message>
        <source>Layer, rollout and flow count the weights of heads that are switched off, too.</source>
        <translation>層・ロールアウト・フローは、無効にしたヘッドの重みも数えています。</translation>
    </message>
    <message>
        <source>The tokens of a unit are added.</source>
        <translation>各単位の値は、そこに含まれるトークンの和です。</translation>
    </message>
    <message>
        <source>First token, special tokens and punctuation are left out; layer and rollout are renormalised, flow and gradient are not.</source>
        <translation>先頭のトークン・特殊トークン・句読点を除いています。層とロールアウトは残りの和が 1 になるように直し、フローと勾配はそのままです。</translation>
    </message>
    <message>
        <source>Exact flow is computed for up to {limit} tokens; here are {count}.</source>
        <translation>フローを正確に計算できるのは {limit} トークンまでです(現在 {count})。</translation>
    </message>
    <message>
        <source>This model predicts nothing, so there is nothing to take the gradient of.</source>
        <translation>このモデルは予測をしないので、勾配を求める対象がありません。</translation>
    </message>
    <message>
        <source>Needs the model: a trace opened from a file cannot be run backwards.</source>
        <translation>モデル本体が必要です。ファイルから開いたトレースでは逆伝播を計算できません。</translation>
    </message>
    <message>
        <source>What reaches “{token}” (position {position})</source>
        <translation>「{token}」(位置 {position})に届く情報</translation>
    </message>
    <message>
        <source>What reaches “{token}” (position {position}) in the encoder, and from there “{prediction}”, {probability}</source>
        <translation>エンコーダーの「{token}」(位置 {position})に届くものと、そこから予測「{prediction}」({probability})に届くもの</translation>
    </message>
    <message>
        <source>What stands in place of “{token}” (position {position}): “{prediction}”, {probability}</source>
        <translation>「{token}」(位置 {position})に入るトークンの予測：「{prediction}」{probability}</translation>
    </message>
    <message>
        <source>What follows “{token}” (position {position}): “{prediction}”, {probability}</source>
        <translation>「{token}」(位置 {position})の次のトークンの予測：「{prediction}」{probability}</translation>
    </message>
    <message>
        <source>Attention is not explanation (Jain and Wallace 2019): the first three columns say where information may come from, the last what the prediction reacts to. τ compares a column's ranking of the tokens with the size of the gradient: 1 is the same, 0 unrelated.</source>
        <translation>注意は説明ではありません(Jain &amp; Wallace 2019)：左の 3 列は情報がどこから来うるかを、右の列は予測が実際に何に反応するかを示します。τ はトークンの順位を勾配の大きさの順位と比べた値で、1 なら一致、0 なら無関係です。</translation>
    </message>
</context>
<context>
    <name>WholePicture</name>
    <message>
        <source>The first {shown} of {all} rows.</source>
        <translation>全 {all} 行のうち、はじめの {shown} 行。</translation>
    </message>
</context>
<context>
    <name>Work</name>
    <message>
        <source>Loading the model</source>
        <translation>モデルを読み込み中</translation>
    </message>
    <message>
        <source>Running the model</source>
        <translation>モデルが計算中</translation>
    </message>
    <message>
        <source>Opening the trace</source>
        <translation>トレースを開いています</translation>
    </message>
    <message>
        <source>Saving the trace</source>
        <translation>トレースを保存中</translation>
    </message>
    <message>
        <source>configuration</source>
        <translation>設定</translation>
    </message>
    <message>
        <source>tokenizer</source>
        <translation>トークナイザー</translation>
    </message>
    <message>
        <source>weights</source>
        <translation>重み</translation>
    </message>
    <message>
        <source>last checks</source>
        <translation>最後の確認</translation>
    </message>
</context>
<context>
    <name>WritingButtons</name>
    <message>
        <source>Pause</source>
        <translation>一時停止</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>再開</translation>
    </message>
    <message>
        <source>Write</source>
        <translation>書く</translation>
    </message>
    <message>
        <source>Space</source>
        <translation>スペースキー</translation>
    </message>
    <message>
        <source>One token</source>
        <translation>1 トークンだけ</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Back to the start</source>
        <translation>はじめに戻る</translation>
    </message>
    <message>
        <source>The text before the first token that was written; the tree stays</source>
        <translation>モデルが書き始める前の文に戻ります。木は残ります</translation>
    </message>
</context>
<context>
    <name>WritingSettings</name>
    <message>
        <source>Way</source>
        <translation>方法</translation>
    </message>
    <message>
        <source>Token by token</source>
        <translation>1 トークンずつ</translation>
    </message>
    <message>
        <source>Beam search</source>
        <translation>ビームサーチ</translation>
    </message>
    <message>
        <source>Many times</source>
        <translation>何度も書く</translation>
    </message>
    <message>
        <source>Choice</source>
        <translation>選び方</translation>
    </message>
    <message>
        <source>the most probable</source>
        <translation>最も確率の高いもの</translation>
    </message>
    <message>
        <source>drawn at random</source>
        <translation>確率に従って引く</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>注意</translation>
    </message>
    <message>
        <source>of the head</source>
        <translation>選んだヘッド</translation>
    </message>
    <message>
        <source>mean of the layer</source>
        <translation>層の平均</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>トークン数</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>乱数の種</translation>
    </message>
    <message>
        <source>Beams</source>
        <translation>ビームの数</translation>
    </message>
    <message>
        <source>Continuations</source>
        <translation>続きの数</translation>
    </message>
</context>
<context>
    <name>_TurnRow</name>
    <message>
        <source>System</source>
        <translation>システム</translation>
    </message>
    <message>
        <source>User</source>
        <translation>ユーザー</translation>
    </message>
    <message>
        <source>Assistant</source>
        <translation>アシスタント</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>役割</translation>
    </message>
    <message>
        <source>What is said</source>
        <translation>発言</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>取り除く</translation>
    </message>
</context>
</TS>
