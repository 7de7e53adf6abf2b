"""Word lists by which the grammar of swaps tells what stands around a term."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PREPOSITIONS = _words(
    "about above across after against along among around at before behind below beneath beside "
    "between beyond by despite during except for from in inside into like near of off on onto "
    "opposite out outside over past per since than through throughout till to toward towards "
    "under underneath until up upon via with within without"
)

FUNCTION = PREPOSITIONS | _words(
    "a an the this that these those some any each every either neither no both half such i you he "
    "she it we they me him us them myself yourself himself herself itself ourselves themselves my "
    "your his her its our their mine yours hers ours theirs who whom whose which what when where "
    "why how whatever whenever wherever whether and or nor but so yet because cause bc cuz coz "
    "cos if unless although though tho while whilst as once lest plus minus am is are was were be "
    "been being isn't aren't wasn't weren't ain't do does did don't doesn't didn't has have had "
    "hasn't haven't hadn't will would shall should can could may might must won't wouldn't "
    "shouldn't can't couldn't cannot not never always often sometimes usually already again also "
    "too even just almost perhaps maybe today tonight tomorrow yesterday soon forever anymore "
    "anyway anyways anywhere everywhere somewhere here there away aside apart down together "
    "instead else ever hi hello hey goodbye bye thanks please yes yeah nah lol lmao smh tbh rn "
    "asap all everything anything nothing something everyone someone anyone nobody"
)
"""Words that don't stand between a determiner and its noun."""

MODIFYING = _words(
    "first last next best most more less now then well better worse alone back right left home "
    "early late still very so all only other own same few many little two three four five one "
    "ever almost always never once half too equally both"
)
"""Words that may belong to a noun behind them, or stand alone."""

NOT_ADVERBS = _words(
    "family families lovely friendly elderly early only daily weekly monthly yearly ugly silly "
    "lonely lively curly holy jelly belly lily bully ally reply supply fly smelly chilly deadly "
    "costly ghastly unfriendly likely unlikely hilly jolly wooly woolly scholarly cowardly lowly "
    "assembly anomaly butterfly doily italy july homely sly ply rally tally folly bodily timely "
    "orderly motherly fatherly brotherly sisterly manly womanly godly worldly heavenly neighborly"
)
"""Words in -ly that stand in front of nouns, or are nouns."""

PERCEIVED = _words(
    "see sees saw seen seeing watch watches watched watching hear hears heard hearing feel felt "
    "notice noticed catch catches caught catching find finds found finding keep keeps kept "
    "keeping picture pictured imagine imagined remember remembers remembered leave leaves left "
    "leaving spot spotted stop stops stopped stopping film filmed photograph photographed show "
    "showed shows have had having observed observe recorded send sent get got getting"
)
CAUSING = _words(
    "let lets letting make makes made making help helps helped helping have had having bid see "
    "sees saw watch watched watching hear heard"
)
BARE = _words(
    "go be do cry know feel think see come leave stay sleep eat drink speak talk say tell sing "
    "dance win lose live die get take give make keep have use try move work walk run sit stand "
    "stop start begin finish choose decide wait learn understand believe become look seem smile "
    "laugh grow find fall pay play read write drive swim fight pass join enter return rest relax "
    "breathe want need succeed remember forget explain apologize apologise hurt suffer realize "
    "realise vent answer ask shine heal recover scream"
)
"""Verbs as they stand behind “let her”."""

GIVING = _words(
    "give gives gave given giving send sends sent sending buy buys bought buying offer offers "
    "offered offering hand hands handed owe owes owed lend lent feed feeds fed"
)
KEPT = _words(
    "parents sisters brothers kids friends daughters sons children cousins eyes hands feet words "
    "feelings thoughts ideas views lips legs arms clothes shoes knees shoulders"
)
"""Plurals that are hers rather than what she is given."""
GIFTS = _words(
    "money advice food hope water permission credit time flowers chocolate candy medicine hell "
    "shit attention space props grief trouble directions instructions"
)
MOVING = _words(
    "take takes took taken taking drive drives drove driven driving bring brings brought bringing "
    "walk walks walked walking send sends sent get got follow followed following call calls "
    "called calling want wants wanted hold held pull pulled turn turned put leave left text "
    "texted love loved miss missed tell told treat treated know knew meet met see saw like liked "
    "hate hated pay paid give gave let kiss kissed hug hugged help helped ask asked invite "
    "invited hit"
)
CALLING = _words(
    "call calls called calling make makes made making find finds found think thinks thought "
    "consider considers considered drive drives drove keep keeps kept get gets got leave leaves "
    "left want wanted believe believed paint painted set sets name names named render rendered"
)
STATES = _words(
    "happy sad angry mad crazy stupid ugly beautiful pretty fat smart sick famous rich poor safe "
    "alive dead guilty innocent insane wild tired afraid nervous uncomfortable comfortable cute "
    "hot funny annoying attractive busy calm free pregnant proud jealous laugh unhappy lazy weak "
    "strong brave selfish rude cold warm lonely responsible ill better worse upset furious hungry "
    "up names"
)
POSITIONED = _words(
    "in into at on under near behind inside through across off within onto from to of"
)

VERBS = _words(
    "said says lives lived live works worked goes went wants wanted thinks thought believes "
    "believed comes came makes made gets got takes took needs needed seems seemed feels felt "
    "looks looked knows knew prays prayed eats ate drinks drank runs ran walks walked talks "
    "talked told tells asked asks gave gives left leaves found finds became becomes began begins "
    "kept keeps held holds wrote writes stood stands heard hears lets meant means met meets paid "
    "pays sat sits spoke speaks led leads reads lost loses fell falls sent sends built understood "
    "understands drove drives bought buys wore wears won wins taught teaches sang fought fights "
    "shot killed kills attacked attacks helped helps saw sees loves loved hates hated moved moves "
    "opened opens owns owned died dies ruled rules arrived arrives tried tries stole steals won't "
    "hired fired entered enters called calls sued joined joins smiled laughs laughed cried cries "
    "sleeps slept plays played studies studied stays stayed deserves deserve should need want "
    "think believe know love hate work come go make get take say see have feel look seem vote "
    "voted celebrate celebrates celebrated pray rule marry married fasts fast follow follows act "
    "acts acted behave drive fight kill lead lack earn eat drink suffer wait struggle face "
    "protest protested"
)
"""Verbs that stand behind a noun rather than being one behind an adjective."""

DETERMINERS = _words(
    "a an the this that another one each every no any some my your his her its our their either "
    "neither"
)

PEOPLE = _words(
    "man men woman women people person persons guy guys girl girls boy boys kid kids child "
    "children baby babies toddler toddlers student students worker workers community communities "
    "family families couple couples neighborhood neighborhoods neighbourhood folks folk lives "
    "voter voters american americans teen teens teenager teenagers youth youths adult adults male "
    "males female females lady ladies gentleman gentlemen gal gals dude dudes chick chicks actor "
    "actors actress actresses artist artists president candidate candidates owner owners player "
    "players athlete athletes officer officers cop cops patient patients driver drivers friend "
    "friends neighbor neighbors neighbour neighbours mother mothers father fathers mom moms mum "
    "mums dad dads parent parents brother brothers sister sisters son sons daughter daughters "
    "husband husbands wife wives employee employees citizen citizens immigrant immigrants refugee "
    "refugees customer customers teacher teachers doctor doctors nurse nurses engineer engineers "
    "lawyer lawyers professor professors scientist scientists writer writers author authors "
    "singer singers musician musicians leader leaders activist activists politician politicians "
    "senator senators mayor colleague colleagues coworker coworkers boss manager managers "
    "resident residents tenant tenants protester protesters protestor protestors supremacist "
    "supremacists nationalist nationalists supremacy privilege culture population minority "
    "majority minorities victim victims suspect suspects defendant defendants prisoner prisoners "
    "inmate inmates soldier soldiers veteran veterans slave slaves farmer farmers entrepreneur "
    "entrepreneurs applicant applicants user users relative relatives uncle uncles aunt aunts "
    "nephew niece cousin cousins grandmother grandfather grandma grandpa grandparents boyfriend "
    "boyfriends girlfriend girlfriends hair skin individual individuals being beings human humans "
    "christian christians muslim muslims jew jews catholic catholics priest priests pastor "
    "pastors church churches comedian comedians character characters poet poets director "
    "directors bitch bitches hoe hoes ass"
)
"""Words behind “black”, “old” or “straight” by which people are meant."""

BETWEEN = _words(
    "trans transgender gay lesbian bisexual straight single married poor rich elderly old young "
    "middle-aged working-class disabled blind deaf female male white black brown asian latino "
    "latina hispanic american british french jewish christian muslim catholic and or angry little "
    "cute sexy fat skinny tall pretty beautiful handsome educated unarmed innocent successful "
    "famous homeless big strong thick retired dead dear wise"
)
"""Adjectives that may stand between such a word and whom it is about."""

COLLECTIVE = _words("blind deaf disabled young old elderly aged sighted handicapped")
"""Words that mean people behind “the”, alone."""

BEING = _words(
    "am is are was were be been being born look looks looked i'm he's she's they're we're you're "
    "who's who're im youre theyre hes shes"
)
SOMEONE = _words(
    "i you he she we they who person people man men woman women girl boy guy kid child mother "
    "father son daughter brother sister friend everyone someone anybody somebody anyone nobody "
    "student students teacher neighbor boss wife husband actor singer players being"
)
DEGREES = _words(
    "not also very too really so openly legally both half totally completely partially mostly "
    "quite rather fairly still now clearly obviously just basically only born proudly even either "
    "as visibly mixed"
)
INTERJECTIONS = _words("oh hey yo damn aw aww c'mon yeah nah ok okay well please no yes lol thanks")
COUNTING = _words("the two three four five six many several these those both")
SPEAKING = _words(
    "speak speaks spoke spoken speaking learn learns learned learnt learning fluent in into "
    "understand understands teach teaches taught translate translated whisper whispers whispered "
    "sung sing sings"
)
"""Words in front of the name of a language."""
PAST = _words(
    "came went said says told asked gave took saw knew got made wrote ran sat stood spoke led "
    "lost fell sent bought drove wore won died called helped moved lived wanted showed phoned "
    "emailed texted recommended suggested owns"
)
EXCLAIMED_AT = _words(
    "i i'm i've this that that's it it's its the you you're we they he she what why how when so "
    "if my your these those ain't don't there there's do did is are was"
)
"""Words behind “man” where it is an exclamation at the beginning of a sentence."""
NOT_DOING = _words(
    "thing ring king wedding earring ceiling evening morning sibling clothing string"
)
"""Words in -ing that are no verbs."""
